import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../machines/time.ts';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';
import { type Bench, openBench } from './bench.ts';

const HOUR = 60 * MINUTE;
const TOOL: PluginDeclaration = { name: 'tool', source: 'local://tool' };
const TRACKED: PluginDeclaration = { ...TOOL, track: 'auto' };

/** Time passes, with beats of everybody. */
const live = async (bench: Bench, ms: number, ...ids: string[]): Promise<void> => {
  for (let passed = 0; passed < ms; passed += MINUTE) {
    await bench.pass(MINUTE);
    for (const id of ids) await bench.beat(id);
  }
};

const notes = (bench: Bench, id: string) =>
  bench.journal(id).filter(({ event }) => event === 'plugins.outdated');

describe('a plugin whose source offers something newer', () => {
  it('is outdated within the hour, told once, and left alone', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: [TOOL] });
    bench.plugins.versions.set('tool', 2);
    expect(await bench.supervisor.outdated(id)).toEqual([]);
    await live(bench, 2 * HOUR + 5 * MINUTE, id);
    expect(await bench.supervisor.outdated(null)).toMatchObject([
      { workspaceId: id, name: 'tool', dismissed: false },
    ]);
    expect(bench.plugins.inForceOf(id)).toEqual(['tool@1']);
    expect(notes(bench, id)).toHaveLength(1);
    expect(bench.view(id)).toMatchObject({ incarnation: 2 });
  });

  it('is still known after a restart of the supervisor', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: [TOOL] });
    bench.plugins.versions.set('tool', 2);
    await live(bench, HOUR + 5 * MINUTE, id);
    await bench.restartSupervisor();
    expect(await bench.supervisor.outdated(id)).toHaveLength(1);
  });

  it('is installed when an operator asks for it, with one restart', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: [TOOL] });
    bench.plugins.versions.set('tool', 2);
    await live(bench, HOUR + 5 * MINUTE, id);
    await bench.supervisor.updatePlugins(id, 'all');
    await bench.settle(id);
    expect(bench.plugins.inForceOf(id)).toEqual(['tool@2']);
    expect(bench.view(id)).toMatchObject({ incarnation: 3, state: 'wanted.online.converged' });
    expect(await bench.supervisor.outdated(id)).toEqual([]);
  });

  it('stays dismissed, also over a restart, until there is another one', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: [TOOL] });
    await expect(bench.supervisor.dismissUpdate(id, 'tool')).rejects.toMatchObject({
      code: 'PLUGIN_NOT_OUTDATED',
    });
    bench.plugins.versions.set('tool', 2);
    await live(bench, HOUR + 5 * MINUTE, id);
    await bench.supervisor.dismissUpdate(id, 'tool');
    await bench.restartSupervisor();
    await live(bench, 2 * HOUR, id);
    expect(await bench.supervisor.outdated(id)).toMatchObject([{ dismissed: true }]);
    bench.plugins.versions.set('tool', 3);
    await live(bench, HOUR + 5 * MINUTE, id);
    expect(await bench.supervisor.outdated(id)).toMatchObject([{ dismissed: false }]);
  });

  it('is installed by itself where the declaration tracks it, but not once it was dismissed', async () => {
    const bench = await openBench();
    const tracks = await bench.online({ plugins: [TRACKED] });
    const waits = await bench.online({ plugins: [TOOL] });
    bench.plugins.versions.set('tool', 2);
    await live(bench, HOUR + 10 * MINUTE, tracks, waits);
    await bench.settle(tracks);
    expect(bench.plugins.inForceOf(tracks)).toEqual(['tool@2']);
    expect(bench.plugins.inForceOf(waits)).toEqual(['tool@1']);
  });

  it('is installed by itself later, if the workspace could not hear of it then', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: [TRACKED] });
    await bench.act(id, 'pause');
    bench.plugins.versions.set('tool', 2);
    await bench.pass(HOUR + 10 * MINUTE);
    await bench.act(id, 'resume');
    await bench.settle(id);
    await live(bench, 5 * MINUTE, id);
    await bench.settle(id);
    expect(bench.plugins.inForceOf(id)).toEqual(['tool@2']);
  });
});

describe('looking up what references stand for', () => {
  it('asks each source once, whoever declares it, and never a fixed one', async () => {
    const bench = await openBench();
    const fixed = { name: 'fixed', source: `git+https://host/r#${'a'.repeat(40)}` };
    const ids = [];
    for (let count = 0; count < 20; count += 1) ids.push(await bench.online({ plugins: [TOOL, fixed] }));
    bench.plugins.lookUps.length = 0;
    await live(bench, HOUR + 5 * MINUTE, ...ids);
    expect(bench.plugins.lookUps.filter((source) => source === TOOL.source).length).toBeLessThanOrEqual(2);
    expect(bench.plugins.lookUps).not.toContain(fixed.source);
  });

  it('looks up at most twenty in one turn, and all of them in the end', async () => {
    const bench = await openBench();
    const plugins = Array.from({ length: 50 }, (_, at) => ({ name: `p${at}`, source: `local://p${at}` }));
    const id = await bench.online({ plugins });
    bench.plugins.lookUps.length = 0;
    let most = 0;
    for (let minute = 0; minute < 65; minute += 1) {
      const before = bench.plugins.lookUps.length;
      await live(bench, MINUTE, id);
      most = Math.max(most, bench.plugins.lookUps.length - before);
    }
    expect(most).toBeLessThanOrEqual(20);
    expect(new Set(bench.plugins.lookUps).size).toBe(50);
  });

  it('keeps what was known when a source cannot be reached, and asks again later', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: [TOOL] });
    bench.plugins.versions.set('tool', 2);
    await live(bench, HOUR + 5 * MINUTE, id);
    bench.plugins.unreachable.add('tool');
    await live(bench, 2 * HOUR, id);
    expect(await bench.supervisor.outdated(id)).toHaveLength(1);
    bench.plugins.unreachable.clear();
    bench.plugins.versions.set('tool', 1);
    await live(bench, 2 * HOUR, id);
    expect(await bench.supervisor.outdated(id)).toEqual([]);
  });
});

describe('a plugin that tracks, was added and made its agent crash', () => {
  it('is cleared by the next good version that its source offers', async () => {
    const bench = await openBench();
    const id = await bench.create({ plugins: [TOOL] });
    let loaded: string[] = [];
    bench.instances.hooks.onStart = ({ workspaceId }) => {
      loaded = bench.plugins.inForceOf(workspaceId);
    };
    const run = async (minutes: number) => {
      for (let step = 0; step < minutes * 12; step += 1) {
        if (bench.instances.runningOf(id) !== null) {
          if (loaded.includes('bad@1')) bench.instances.exit(id);
          else await bench.beat(id);
        }
        await bench.pass(5_000);
      }
    };
    await bench.beat(id);
    await run(10);
    await bench.change(id, { plugins: [TOOL, { name: 'bad', source: 'local://bad', track: 'auto' }] });
    await run(10);
    expect(bench.view(id)).toMatchObject({ plugins: { held: [{ name: 'bad', why: 'quarantined' }] } });
    bench.plugins.versions.set('bad', 2);
    await run(130);
    expect(bench.plugins.inForceOf(id)).toEqual(['tool@1', 'bad@2']);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', plugins: { held: [] } });
  });
});
