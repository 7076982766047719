import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnyStateMachine,
  createMachine,
  fromPromise,
  getInitialSnapshot,
  getNextSnapshot,
} from 'xstate';
import { describeMachine } from '../../machines/describe/describe-machine.ts';
import { createCatalogue } from '../../src/inspect/catalogue.ts';
import { ALL, OURS } from './machines.ts';
import { readScxml } from './read-scxml.ts';

const write = async (machine: AnyStateMachine, format: 'json' | 'mermaid' | 'scxml' | 'svg' | 'dot') =>
  (await createCatalogue([machine]).write(machine.id, format)).text;

const throughJson = async (machine: AnyStateMachine): Promise<AnyStateMachine> =>
  createMachine(JSON.parse(await write(machine, 'json')));

describe.each(ALL)('the exports of %s', (_, machine) => {
  it('come back from JSON with the same description', async () => {
    const back = (await throughJson(machine)).provide({ actors: machine.implementations.actors });
    expect(describeMachine(back)).toEqual(describeMachine(machine));
  });

  it('come back from SCXML as a machine that goes the same ways', async () => {
    // Without functions, ours need neither input nor outcomes.
    const original = OURS.includes(machine) ? await throughJson(machine) : machine;
    const { machine: imported, conditions } = readScxml(await write(machine, 'scxml'));
    const events = eventsOf(original);
    const walk = fc.array(fc.constantFrom(...events), { maxLength: 30 });
    let moves = 0;
    fc.assert(
      fc.property(walk, fc.infiniteStream(fc.boolean()), (path, coins) => {
        const answers = new Map<string, boolean>();
        const answer = (name: string): boolean => {
          const known = answers.get(name) ?? (coins.next().value as boolean);
          answers.set(name, known);
          return known;
        };
        const one = answering(original, answer);
        const other = imported.provide({
          guards: Object.fromEntries(conditions.map((each) => [each, () => evaluate(each, answer)])),
        });
        let here = getInitialSnapshot(one);
        let there = getInitialSnapshot(other);
        for (const event of ['', ...path]) {
          if (comesFromNobody(event, here)) continue;
          if (event !== '') {
            answers.clear();
            here = getNextSnapshot(one, here, { type: event });
            there = getNextSnapshot(other, there, { type: scxmlName(event) });
          }
          expect(there.status).toBe(here.status);
          if (here.status !== 'active') return;
          moves += 1;
          expect(activeIn(there, ({ id }) => id)).toEqual(
            activeIn(here, ({ path }) => [machine.id, ...path].join('.')),
          );
        }
      }),
      { numRuns: 100 },
    );
    expect(moves).toBeGreaterThan(100);
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

/** All that can come from outside; a finished state is noticed by the machine itself. */
const eventsOf = ({ root }: AnyStateMachine): string[] => {
  const all = [...everyState(root)].flatMap(({ transitions }) => [...transitions.keys()]);
  return [
    ...new Set([...all.filter((event) => !event.startsWith('xstate.done.state.')), 'nothing.known']),
  ].map((event) => (event === '*' ? 'anything' : event));
};
type State = AnyStateMachine['root'];
function* everyState(state: State): Generator<State> {
  yield state;
  for (const each of Object.values(state.states)) yield* everyState(each);
}

/** Guards are asked by their name and constant parameter; nothing is done. */
const answering = (machine: AnyStateMachine, answer: (name: string) => boolean): AnyStateMachine => {
  const text = JSON.stringify(machine.config, (_, value: unknown) =>
    typeof value === 'function' && 'guards' in value ? { type: 'parts', of: value.guards } : value,
  );
  const names = [...text.matchAll(/"([\w .$()]+)"/g)].map(([, name = '']) => name);
  const each = <T>(make: (name: string) => T) => Object.fromEntries(names.map((name) => [name, make(name)]));
  return machine.provide({
    guards: each(
      (name) => (_: unknown, params: unknown) =>
        answer(`${name}(${params === undefined ? '' : JSON.stringify(params)})`),
    ),
    actions: each(() => () => {}),
    actors: each(() => fromPromise(() => Promise.race([]))),
    delays: each(() => 1_000),
  });
};

/** `!`, `&&`, `||` and brackets around calls and `In('id')`. */
const evaluate = (condition: string, answer: (name: string) => boolean): boolean => {
  const asked = condition.replaceAll(/[\w$]+\((?:"[^"]*"|'[^']*')?\)/g, (call) =>
    String(call.startsWith('In(') || answer(call)),
  );
  // oxlint-disable-next-line typescript/no-implied-eval -- nothing but true, false and operators is left
  return Boolean(new Function(`return ${asked}`)());
};

const scxmlName = (event: string): string =>
  event.replace(/^xstate\.done\.actor\./, 'done.invoke.').replace(/^xstate\.error\.actor\./, 'error.invoke.');

/** An actor that fails runs: to XState, a failure that nobody awaits is the end of the machine. */
const comesFromNobody = (event: string, snapshot: Snapshot): boolean =>
  event.startsWith('xstate.error.') &&
  !(snapshot as { _nodes: State[] })._nodes.some(({ transitions }) => transitions.has(event));

type Snapshot = ReturnType<typeof getInitialSnapshot<AnyStateMachine>>;
const activeIn = (snapshot: Snapshot, nameOf: (state: State) => string): string[] =>
  (snapshot as { _nodes: State[] })._nodes
    .map(nameOf)
    .filter((id) => id !== '(document)')
    .sort();
