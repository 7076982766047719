import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planPlugins } from '../../machines/reconcile/plan.ts';
import type { FetchedPlugin } from '../../machines/reconcile/reconcile.machine.ts';
import { EMPTY_SPEC } from '../../machines/workspace/spec.ts';
import { stageSet } from '../../src/reconcile/stage-set.ts';
import { never } from '../plugins/support/scratch.ts';
import { dataFolder, WORKSPACE } from '../plugins/support/workspaces.ts';

/** Stages a set in which `beta` is new, where of `alpha` only the record is left and what it stands for now is held. */
const stageWithout = async (restart: 'never' | 'auto') => {
  const { sets, install, cached, configs } = await dataFolder();
  await install('alpha');
  await rm(join(configs, 'plugins/alpha'), { recursive: true });
  const there = await sets.installed(WORKSPACE);
  const [alpha] = there.plugins;
  const beta = await cached('beta');
  if (alpha === undefined || beta.from !== 'cache') throw new Error('nothing to begin with');
  const held = {
    name: 'alpha',
    source: alpha.source,
    revision: null,
    treeHash: 'f'.repeat(64),
    why: 'quarantined',
    since: 0,
  } as const;
  const plugins = [
    { name: 'alpha', source: alpha.source, restart },
    { name: 'beta', source: beta.plugin.source, restart: 'never' as const },
  ];
  const plan = planPlugins({ ...EMPTY_SPEC, plugins }, there, { held: [held] });
  expect(plan.map(({ name, action }) => `${action} ${name}`)).toEqual(['hold alpha', 'add beta']);
  const fetched: FetchedPlugin[] = [beta.plugin];
  const input = { workspaceId: WORKSPACE, knownGeneration: 1, refresh: null, plan, fetched, staged: null };
  return stageSet(input, { sets, signal: never });
};

describe('the set that is built', () => {
  it('lacks what is held and gone from disk, says so, and makes a restart due', async () => {
    expect(await stageWithout('auto')).toEqual({
      generation: 2,
      changed: ['alpha', 'beta'],
      restartNeeded: true,
      installed: 1,
    });
  });

  it('makes none due where the plugin that it lacks needs none', async () => {
    expect(await stageWithout('never')).toMatchObject({ changed: ['alpha', 'beta'], restartNeeded: false });
  });
});
