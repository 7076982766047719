import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { describeMachine } from '../../machines/describe/describe-machine.ts';
import { createCatalogue } from '../../src/inspect/catalogue.ts';
import { ALL } from './machines.ts';

const write = async (machine: AnyStateMachine, format: 'json' | 'mermaid' | 'scxml' | 'svg' | 'dot') =>
  (await createCatalogue([machine]).write(machine.id, format)).text;

const throughJson = async (machine: AnyStateMachine): Promise<AnyStateMachine> =>
  createMachine(JSON.parse(await write(machine, 'json')));

describe.each(ALL)('the exports of %s', (_, machine) => {
  it('come back from JSON with the same description', async () => {
    const back = (await throughJson(machine)).provide({ actors: machine.implementations.actors });
    expect(describeMachine(back)).toEqual(describeMachine(machine));
  });

  it('name every state and every transition in Mermaid and for Graphviz', async () => {
    const { nodes, edges } = describeMachine(machine);
    const mermaid = await write(machine, 'mermaid');
    const dot = await write(machine, 'dot');
    expect(mermaid.match(/^ *state "/gm)).toHaveLength(nodes.length + 1);
    const arrows = mermaid.match(/-->(?! \[\*\])/g) ?? [];
    const noted = mermaid.match(/^ {4}(?!.*-->)(?! *(state|\[|--|\}))\S.*$/gm) ?? [];
    expect(arrows.length + noted.length).toBe(edges.length);
    const starts = edges.filter(({ kind }) => kind === 'initial');
    const histories = edges.filter(
      ({ kind, target, source }) => kind === 'history' && !isAround(target, source),
    );
    const rows = [...dot.matchAll(/label="((?:[^"\\]|\\.)*)"/g)].flatMap(([, label = '']) =>
      label.split('\\l').slice(0, -1),
    );
    const invoked = nodes.reduce((sum, { invokes }) => sum + invokes.length, 0);
    expect(rows).toHaveLength(1 + nodes.length + invoked + edges.length - starts.length - histories.length);
    expect(dot.match(/shape=point, width/g) ?? []).toHaveLength(starts.length);
    expect((dot.match(/\{/g) ?? []).length).toBe((dot.match(/\}/g) ?? []).length);
  });
});

const isAround = (outer: string | null, id: string): boolean =>
  outer === '' || `${id}.`.startsWith(`${outer}.`);
