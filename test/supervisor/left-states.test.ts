import { describe, expect, it } from 'vitest';
import { assign } from 'xstate';
import { MINUTE } from '../../machines/time.ts';
import type { WorkspaceLogic } from '../../src/supervisor/restore.ts';
import type { Door } from '../system/in-process.ts';
import { type Bench, openBench } from './bench.ts';

/** What is still under way for a state that was left, or for an actor that died, acts no more. */

const TOOL = { plugins: [{ name: 'tool', source: 'local://tool' }] };

/** Lets `begin` come to a door and stay there, while everybody after it passes. */
const heldAt = async (door: Door, begin: () => Promise<unknown>): Promise<void> => {
  door.shut();
  await begin();
  expect(door.isWaitedAt()).toBe(true);
  door.letOthersPass();
};

const pauseAndResume = async (bench: Bench, id: string): Promise<void> => {
  await bench.act(id, 'pause');
  expect(bench.view(id).state).toBe('resting.paused');
  await bench.act(id, 'resume');
};

const tokensOf = (bench: Bench, id: string): unknown[] =>
  bench.behindItsBack((db) =>
    db.prepare('SELECT incarnation FROM tokens WHERE workspace_id = ? ORDER BY incarnation').pluck().all(id),
  );

describe('what was begun in a state that was left', () => {
  it('stops nothing any more: the instance that was started meanwhile lives', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const { check } = bench.instances.doors;
    await heldAt(check, () => bench.act(id, 'restart'));
    await pauseAndResume(bench, id);
    await bench.beat(id);
    check.open();
    await bench.calm();
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', incarnation: 2 });
    expect(bench.instances.runningOf(id)).toBe(2);
    expect(bench.instances.done).toEqual([`start ${id}/1`, `stop ${id}`, `start ${id}/2`]);
  });

  it('starts nothing any more, and commits no token', async () => {
    const bench = await openBench();
    const { check } = bench.instances.doors;
    let id = '';
    await heldAt(check, async () => (id = await bench.create()));
    await bench.act(id, 'pause');
    check.open();
    await bench.calm();
    expect(bench.view(id).state).toBe('resting.paused');
    expect(bench.instances.done).toEqual([`stop ${id}`]);
    expect(tokensOf(bench, id)).toEqual([]);

    await bench.act(id, 'resume');
    expect(bench.instances.done).toEqual([`stop ${id}`, `start ${id}/2`]);
    expect(tokensOf(bench, id)).toEqual([2]);
  });

  it('starts nothing any more when its token comes to disk only after that', async () => {
    const bench = await openBench();
    const { check } = bench.instances.doors;
    check.shut();
    const id = await bench.create();
    await bench.fillDisk(id);
    check.open();
    await bench.calm();
    const paused = bench.act(id, 'pause');
    await bench.freeDisk();
    await paused;
    expect(tokensOf(bench, id)).toEqual([1]);
    expect(bench.view(id).state).toBe('resting.paused');
    expect(bench.instances.done).toEqual([`stop ${id}`]);
  });

  it('deletes nothing any more: what was begun anew does it', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const { stop } = bench.instances.doors;
    stop.shut();
    await bench.supervisor.remove(id, { purge: true });
    await bench.pass(MINUTE);
    expect(bench.journal(id).filter(({ event }) => event === 'deadline.passed')).toHaveLength(1);
    stop.open();
    await bench.calm();
    expect(bench.instances.done.filter((what) => what.startsWith('destroy'))).toEqual([`destroy ${id}`]);
    expect(() => bench.view(id)).toThrow(expect.objectContaining({ code: 'WORKSPACE_REMOVED' }));
  });

  it('switches no plugins any more', async () => {
    const bench = await openBench();
    const id = await bench.create(TOOL);
    const { fetch } = bench.plugins.doors;
    await heldAt(fetch, () => bench.beat(id));
    await bench.change(id, { plugins: [], allowEmpty: true });
    fetch.open();
    await bench.calm();
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', observedGeneration: 2 });
    expect(await bench.plugins.sets.generationInForce(id)).toBe(0);
  });
});

/** The machine with a bug that strikes when an operator restarts the workspace. */
const strikingAtRestart = (bug: { strikes: boolean }) => (machine: WorkspaceLogic) =>
  machine.provide({
    actions: {
      requestRestart: assign(({ context }) => {
        if (bug.strikes) throw new Error('a bug of ours');
        return { restart: { ...context.restart, wanted: context.restart.wanted + 1 } };
      }),
    },
  });

const openWithBug = async () => {
  const bug = { strikes: true };
  const bench = await openBench({ adaptMachine: strikingAtRestart(bug) });
  const strike = async (id: string): Promise<void> => {
    await expect(bench.supervisor.act(id, 'restart')).rejects.toMatchObject({ code: 'INTERNAL' });
    await bench.calm();
  };
  return { bench, bug, strike };
};

describe('what was begun for an actor that died of an exception', () => {
  it('is aborted: a workspace never has two fetches at a time', async () => {
    const { bench, strike } = await openWithBug();
    const id = await bench.create(TOOL);
    bench.plugins.doors.fetch.shut();
    await bench.beat(id);
    await strike(id);
    await strike(id);
    expect(bench.plugins.fetches).toEqual({ begun: 3, underWay: 1, most: 1 });
    bench.plugins.doors.fetch.open();
    await bench.calm();
    expect(await bench.plugins.sets.generationInForce(id)).toBe(1);
  });

  it('is aborted also when the workspace is parked: nothing is fetched any more', async () => {
    const { bench, strike } = await openWithBug();
    const id = await bench.create(TOOL);
    bench.plugins.doors.fetch.shut();
    await bench.beat(id);
    for (let times = 0; times < 3; times += 1) await strike(id);
    expect(bench.view(id)).toMatchObject({ status: 'failed', reason: { code: 'internal-error' } });
    expect(bench.plugins.fetches.underWay).toBe(0);
  });

  it('starts no second instance', async () => {
    const { bench, strike } = await openWithBug();
    bench.instances.doors.check.shut();
    const id = await bench.create();
    await strike(id);
    bench.instances.doors.check.open();
    await bench.calm();
    expect(bench.instances.done).toEqual([`start ${id}/1`]);
    expect(tokensOf(bench, id)).toEqual([1]);
  });

  it('starts no second instance when the first was being started as it died', async () => {
    const { bench, strike } = await openWithBug();
    bench.instances.doors.start.shut();
    const id = await bench.create();
    await strike(id);
    bench.instances.doors.start.open();
    await bench.calm();
    expect(bench.instances.done).toEqual([`start ${id}/1`]);
    await bench.beat(id);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', incarnation: 1 });
  });

  it('stops no instance that was started after it', async () => {
    const { bench, bug, strike } = await openWithBug();
    const id = await bench.online();
    const { check } = bench.instances.doors;
    bug.strikes = false;
    await heldAt(check, () => bench.act(id, 'restart'));
    bug.strikes = true;
    await strike(id);
    await bench.beat(id);
    check.open();
    await bench.calm();
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', incarnation: 2 });
    expect(bench.instances.done).toEqual([`start ${id}/1`, `stop ${id}`, `start ${id}/2`]);
  });

  it('is aborted also when the supervisor stops deciding at that very moment', async () => {
    const { bench } = await openWithBug();
    const id = await bench.create(TOOL);
    bench.plugins.doors.fetch.shut();
    await bench.beat(id);
    const struck = bench.supervisor.act(id, 'restart').catch(() => undefined);
    await Promise.all([struck, bench.supervisor.close()]);
    await bench.calm();
    expect(bench.plugins.fetches).toEqual({ begun: 1, underWay: 0, most: 1 });
  });

  it('is aborted when the supervisor stops deciding', async () => {
    const bench = await openBench();
    const id = await bench.create(TOOL);
    bench.plugins.doors.fetch.shut();
    await bench.beat(id);
    await bench.supervisor.close();
    await bench.calm();
    expect(bench.plugins.fetches.underWay).toBe(0);
  });
});
