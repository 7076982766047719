import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { walk } from '../../../machines/walk.ts';
import { workspaceMachine } from '../../../machines/workspace/workspace.machine.ts';
import { coverage, generatePaths } from '../../../src/testing/index.ts';
import { WORKSPACE_WORLD } from '../../../src/testing/paths/workspace-cases.ts';
import { writeVitest } from '../../../src/testing/paths/writers/write-vitest.ts';
import { allTransitions, allWaysIntoOnline } from '../../machines/coverage.ts';

const GENERATED = join(import.meta.dirname, '../../generated/workspace.transitions.test.ts');
const overTransitions = generatePaths(workspaceMachine, { ...WORKSPACE_WORLD, strategy: 'transitions' });

describe('the paths of the workspace machine over every transition', () => {
  it('cover every state and every transition', () => {
    const { states, transitions } = coverage(overTransitions, workspaceMachine);
    expect(states.covered).toEqual(states.all);
    expect(transitions.covered).toEqual(transitions.all);
    expect(transitions.all.size).toBe(allTransitions().size);
    expect(overTransitions.cut).toEqual([]);
  });

  it('have titles that tell them apart', () => {
    const titles = overTransitions.paths.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles).toContain(
      'a workspace of ours: from provisioning, a healthy beat, then reconcile installs plugins, then the next start is declined, then reconcile installs some and leaves one out, reaches blocked',
    );
  });

  it('are what a running actor does, edge by edge', () => {
    for (const { start, from, steps, title } of overTransitions.paths) {
      const actor = walk(workspaceMachine, start);
      expect(actor.state).toBe(from);
      for (const { event, to, edges } of steps) {
        actor.take(event);
        expect([actor.state, actor.edges], title).toEqual([to, edges]);
      }
    }
  });

  it('are written to the same bytes as those in the repository', () => {
    const written = writeVitest(overTransitions, {
      from: 'keepwell/machines/workspace',
      name: 'workspaceMachine',
    });
    expect(
      readFileSync(GENERATED, 'utf8') === written,
      'written anew by `keepwell machine paths workspace --out test/generated`',
    ).toBe(true);
  });
});

it('the paths into online through degraded arrive there by all ways that the machine has', () => {
  const { paths } = generatePaths(workspaceMachine, {
    ...WORKSPACE_WORLD,
    strategy: 'transitions',
    to: ['online'],
    through: ['degraded'],
  });
  expect(paths.every(({ to }) => to.startsWith('wanted.online.'))).toBe(true);
  expect(
    paths.every(({ from, steps }) => [from, ...steps.map(({ to }) => to)].includes('wanted.degraded')),
  ).toBe(true);
  const arriving = new Set(
    paths.flatMap(({ steps }) => steps.at(-1)?.edges ?? []).filter((id) => !id.startsWith('wanted.online.')),
  );
  expect(arriving.size).toBeGreaterThanOrEqual(allWaysIntoOnline().size / 2);
});
