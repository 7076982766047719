import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../machines/time.ts';
import { EMPTY_SPEC } from '../../machines/workspace/spec.ts';
import { type Bench, openBench } from './bench.ts';

const declared = (...names: string[]) => names.map((name) => ({ name, source: `local://${name}` }));

/** A workspace that had `before` and has `after` now. */
const changed = async (bench: Bench, before: string[], after: string[]): Promise<string> => {
  const id = await bench.online({ plugins: declared(...before) });
  await bench.change(id, { plugins: declared(...after) });
  await bench.settle(id);
  return id;
};

describe('a rollback', () => {
  it('to what the workspace may not have any more is refused, and nothing is touched', async () => {
    const bench = await openBench();
    const id = await changed(bench, ['a'], ['a', 'b']);
    await bench.change(id, { plugins: declared('a', 'b'), pluginAllow: ['local://b'] });
    const { incarnation } = bench.view(id);
    await expect(bench.supervisor.rollback(id, 1)).rejects.toMatchObject({ code: 'PLUGIN_NOT_ALLOWED' });
    await bench.calm();
    expect(bench.view(id)).toMatchObject({ incarnation, status: 'online' });
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1', 'b@1']);
  });

  it('to plugins that are not declared any more is refused, and names them', async () => {
    const bench = await openBench();
    const id = await changed(bench, ['a', 'b'], ['a']);
    await expect(bench.supervisor.rollback(id, 1)).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      message: expect.stringContaining('b'),
      details: { missing: ['b'] },
    });
    expect(bench.plugins.inForceOf(id)).toEqual(['a@1']);
  });

  it('is declined, with the agent left running, while the agent could not be started again', async () => {
    const bench = await openBench();
    const id = await bench.create({ plugins: declared('a'), requiredEnv: ['KEY'] });
    await bench.supervisor.changeSecrets(id, { KEY: 'v' });
    await bench.calm();
    await bench.settle(id);
    await bench.change(id, { plugins: declared('a', 'b') });
    await bench.settle(id);
    const { incarnation } = bench.view(id);
    await bench.supervisor.changeSecrets(id, { KEY: null });
    await bench.pass(5_000);
    await bench.settle(id);
    await bench.supervisor.rollback(id, 1);
    await bench.calm();
    expect(bench.view(id)).toMatchObject({ incarnation, status: 'online' });
    expect(bench.instances.runningOf(id)).not.toBeNull();
    expect(bench.view(id).reason?.message).toContain('KEY');
  });
});

describe('the way back that plugins which keep changing lead to', () => {
  it('is tried once where it is refused: then the agent is left running', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: declared('old') });
    for (let minutes = 0; minutes < 10; minutes += 1) {
      await bench.pass(MINUTE);
      await bench.beat(id);
    }
    expect(bench.view(id).plugins.good).toBe(1);
    bench.instances.hooks.onStart = ({ workspaceId }) => bench.plugins.wipe(workspaceId);
    await bench.change(id, { plugins: declared('tool'), pluginAllow: ['local://tool'] });
    const incarnations: number[] = [];
    for (let minutes = 0; minutes < 60; minutes += 1) {
      await bench.pass(MINUTE);
      await bench.beat(id);
      incarnations.push(bench.view(id).incarnation);
    }
    expect(incarnations.at(-1)).toBe(incarnations[9]);
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      reason: { code: 'plugin-restart-loop' },
    });
  });
});

describe('an update that fails', () => {
  it('since its source cannot be reached is tried again until it can', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: declared('tool') });
    bench.plugins.versions.set('tool', 2);
    bench.plugins.unreachable.add('tool');
    await bench.supervisor.updatePlugins(id, ['tool']);
    await bench.calm();
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.blocked',
      plugins: { installed: 1, blocked: [{ name: 'tool' }] },
    });
    expect(bench.plugins.inForceOf(id)).toEqual(['tool@1']);
    bench.plugins.unreachable.delete('tool');
    await bench.pass(MINUTE);
    await bench.settle(id);
    expect(bench.plugins.inForceOf(id)).toEqual(['tool@2']);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', reason: null });
  });

  it('is not tried any more once it is dismissed', async () => {
    const bench = await openBench();
    const plugins = [{ name: 'tool', source: 'local://tool', track: 'auto' as const }];
    const id = await bench.online({ plugins });
    bench.plugins.versions.set('tool', 2);
    bench.plugins.absent.add('tool');
    const live = async (minutes: number) => {
      for (let passed = 0; passed < minutes; passed += 1) {
        await bench.pass(MINUTE);
        await bench.beat(id);
      }
    };
    await live(90);
    expect(bench.view(id).state).toBe('wanted.online.blocked');
    await bench.supervisor.dismissUpdate(id, 'tool');
    await live(35);
    const { begun } = bench.plugins.fetches;
    await live(120);
    expect(bench.plugins.fetches.begun).toBe(begun);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', reason: null });
  });

  it('is tried again until it succeeds, and says so meanwhile', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: declared('tool') });
    bench.plugins.versions.set('tool', 2);
    bench.plugins.absent.add('tool');
    await bench.supervisor.updatePlugins(id, ['tool']);
    await bench.calm();
    for (let minutes = 0; minutes < 20; minutes += 1) {
      await bench.pass(MINUTE);
      await bench.beat(id);
      expect(bench.view(id)).toMatchObject({
        state: 'wanted.online.blocked',
        plugins: { blocked: [{ name: 'tool' }] },
      });
    }
    bench.plugins.absent.delete('tool');
    for (let minutes = 0; minutes < 40; minutes += 1) {
      await bench.pass(MINUTE);
      await bench.beat(id);
    }
    expect(bench.plugins.inForceOf(id)).toEqual(['tool@2']);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', reason: null });
  });

  it('of a plugin that is tracked is tried eight times and then every half hour, not every minute', async () => {
    const bench = await openBench();
    const id = await bench.online({
      plugins: [{ name: 'tool', source: 'local://tool', track: 'auto' as const }],
    });
    bench.plugins.versions.set('tool', 2);
    bench.plugins.absent.add('tool');
    const before = bench.plugins.fetches.begun;
    for (let minutes = 0; minutes < 240; minutes += 1) {
      await bench.pass(MINUTE);
      await bench.beat(id);
    }
    expect(bench.plugins.fetches.begun - before).toBeGreaterThan(8);
    expect(bench.plugins.fetches.begun - before).toBeLessThan(20);
  });
});

describe('a restart that somebody else asked for', () => {
  it('comes although plugins may cause none any more', async () => {
    const bench = await openBench();
    const environments: Record<string, string>[] = [];
    bench.instances.hooks.onStart = ({ workspaceId, env }) => {
      bench.plugins.wipe(workspaceId);
      environments.push(env);
    };
    const id = await bench.online({ plugins: declared('tool') });
    expect(bench.view(id).reason?.code).toBe('plugin-restart-loop');
    bench.plugins.wipe(id);
    bench.plugins.doors.look.shut();
    await bench.supervisor.act(id, 'reconcile');
    await bench.supervisor.changeSecrets(id, { KEY: 'v' });
    bench.plugins.doors.look.open();
    await bench.calm();
    await bench.settle(id);
    expect(environments.at(-1)).toMatchObject({ KEY: 'v' });
  });
});

describe('a secret that a new workspace brings', () => {
  it('can be opened although the key is changed at that very moment', async () => {
    const bench = await openBench();
    await bench.supervisor.changeSecrets(null, { OTHER: 'x' });
    const environments: Record<string, string>[] = [];
    bench.instances.hooks.onStart = ({ env }) => environments.push(env);
    const spec = { ...EMPTY_SPEC, name: 'born', command: ['agent'] };
    await Promise.all([
      bench.supervisor.create(spec, null, { KEY: 'v' }),
      bench.supervisor.rotateSecretKey(),
      bench.supervisor.create({ ...spec, name: 'twin' }, null, { KEY: 'w' }),
    ]);
    await bench.calm();
    expect(environments.map(({ KEY }) => KEY)).toEqual(['v', 'w']);
    await bench.restartSupervisor();
    expect(await bench.supervisor.rotateSecretKey()).toBe(3);
  });
});

describe('the configuration of a plugin', () => {
  it('is handed to the agent by plugin, and another one is one restart', async () => {
    const bench = await openBench();
    const told: (string | undefined)[] = [];
    bench.instances.hooks.onStart = ({ env }) => told.push(env['KEEPWELL_PLUGIN_CONFIG']);
    const plugin = (config?: Record<string, unknown>) => ({
      name: 'tool',
      source: 'local://tool',
      ...(config === undefined ? {} : { config }),
    });
    const id = await bench.online({ plugins: [plugin({ depth: 2 })] });
    const { incarnation } = bench.view(id);
    expect(JSON.parse(told.at(-1) ?? '')).toEqual({ tool: { depth: 2 } });
    await bench.change(id, { plugins: [plugin({ depth: 3 })] });
    await bench.settle(id);
    expect(bench.view(id).incarnation).toBe(incarnation + 1);
    expect(JSON.parse(told.at(-1) ?? '')).toEqual({ tool: { depth: 3 } });
    await bench.change(id, { plugins: [plugin()] });
    await bench.settle(id);
    expect(told.at(-1)).toBeUndefined();
  });
});
