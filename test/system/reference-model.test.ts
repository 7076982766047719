import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leafOf } from '../../machines/walk.ts';
import { isRestartDue } from '../../machines/workspace/restart-budget.ts';
import { WORKSPACE_POLICY } from '../../src/testing/paths/workspace-cases.ts';
import { type Edge, exploreMachine, next, type Snapshot } from '../machines/model.ts';
import { isDue, stateOf, statusOf, step } from './reference-model.ts';
import type { Life } from './reference-search.ts';
import { bornAt, toldAs } from './told-to-reference.ts';

const seen = (snapshot: Snapshot) => ({
  leaf: leafOf(snapshot.value),
  status: snapshot.context.status,
  incarnation: snapshot.context.incarnation,
  restarts: snapshot.context.restarts,
  due: isRestartDue(snapshot.context),
});

const foreseen = (life: Life) => ({
  leaf: stateOf(life),
  status: statusOf(life),
  incarnation: life.incarnation,
  restarts: life.restarts,
  due: isDue(life),
});

describe('the reference model', () => {
  const model = exploreMachine();

  it('shares nothing with what it is compared with, and is short', () => {
    for (const [name, lines] of [
      ['reference-model.ts', 300],
      ['reference-search.ts', 150],
    ] as const) {
      const text = readFileSync(join(import.meta.dirname, name), 'utf8');
      const imports = [...text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g)].map(
        ([, from, at]) => from ?? at,
      );
      expect(imports.filter((from) => from !== './reference-search.ts')).toEqual([]);
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(lines);
    }
  });

  it('comes to the same state, status, incarnation and restarts as the machine, by every edge of the walk', () => {
    const lives = new Map<string, Life>();
    const differences: string[] = [];
    for (const { key, snapshot, path } of model.nodes.values())
      if (path.length === 0) lives.set(key, bornAt(snapshot.context.owned, 1_000_000, WORKSPACE_POLICY));
    for (const edge of model.edges) {
      const { from, event, to, title } = edge;
      const life = step(lives.get(from) as Life, toldAs(event as never));
      if (!lives.has(to)) lives.set(to, life);
      const before = model.nodes.get(from) as { snapshot: Snapshot; path: Edge[] };
      const machine = seen(next(before.snapshot, event));
      if (JSON.stringify(machine) === JSON.stringify(foreseen(life))) continue;
      const way = [...before.path.map((one) => one.title), title].join(', then ');
      differences.push(`${way}: ${JSON.stringify(machine)}, not ${JSON.stringify(foreseen(life))}`);
    }
    console.log(
      `reference model          ${model.edges.length} edges alike, ${differences.length} different`,
    );
    expect(differences.slice(0, 5)).toEqual([]);
  });
});
