import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import { openBench } from './bench.ts';

describe('a supervisor that comes back', () => {
  it('starts though nobody can tell what runs that belongs to nobody, and says so', async () => {
    const bench = await openBench();
    const id = await bench.online();
    bench.instances.hooks.sweep = () => Promise.reject(new Error('EMFILE: too many open files'));
    await bench.restartSupervisor();
    expect(bench.supervisor.health()).toMatchObject({ ready: true, problems: [] });
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', incarnation: 1 });
    expect(bench.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('belongs to nobody') }),
    );
  });

  it('does not wait for what belongs to nobody to end', async () => {
    const bench = await openBench();
    bench.instances.hooks.sweep = () => new Promise(() => {});
    await bench.restartSupervisor();
    expect(bench.supervisor.health().ready).toBe(true);
  });

  it('decides nothing any more when it is stopped before it is back', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const rows = bench.journal(id).length;
    let swept = false;
    bench.instances.hooks.sweep = async () => {
      swept = true;
      return [];
    };
    bench.instances.doors.find.shut();
    const comingBack = bench.restartSupervisor(bench.instances.loseAll);
    await bench.calm();
    await bench.supervisor.close();
    bench.instances.doors.find.open();
    await comingBack;
    expect(bench.supervisor.health()).toMatchObject({
      ready: false,
      problems: ['The supervisor is stopping.'],
    });
    expect(bench.journal(id)).toHaveLength(rows);
    expect(swept).toBe(false);
    expect(bench.logged.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('begins what was under way once, and not beside what it was', async () => {
    const bench = await openBench();
    const id = await bench.create({ plugins: [{ name: 'tool', source: 'local://tool' }] });
    bench.plugins.doors.fetch.shut();
    await bench.beat(id);
    await bench.restartSupervisor();
    expect(bench.plugins.fetches).toEqual({ begun: 2, underWay: 1, most: 1 });
    // However long it takes to learn what runs, nothing of what was under way goes on by itself.
    bench.instances.doors.find.shut();
    const comingBack = bench.restartSupervisor();
    await bench.calm();
    expect(bench.plugins.fetches).toEqual({ begun: 2, underWay: 0, most: 1 });
    bench.instances.doors.find.open();
    await comingBack;
    expect(bench.plugins.fetches).toEqual({ begun: 3, underWay: 1, most: 1 });
    bench.plugins.doors.fetch.open();
    await bench.calm();
    await bench.settle(id);
    expect(bench.view(id)).toMatchObject({ incarnation: 2, plugins: { installed: 1 } });
  });

  it('looks at the plugins of a workspace that was converged, once', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const { onlineEntries } = bench.view(id);
    await bench.restartSupervisor();
    expect(bench.view(id)).toMatchObject({
      state: 'wanted.online.converged',
      onlineEntries: onlineEntries + 1,
    });
  });

  it('leaves agents alone while nobody can tell whether they run', async () => {
    const bench = await openBench();
    const id = await bench.online();
    bench.instances.hooks.onFind = () => {
      throw new Error('The driver did not answer.');
    };
    await bench.restartSupervisor();
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', incarnation: 1 });
    expect(bench.instances.runningOf(id)).toBe(1);
    await bench.pass(3 * MINUTE - 1);
    expect(bench.view(id).status).toBe('online');
  });

  it('goes by the defaults that are in force now, but for what a spec says of its own', async () => {
    const bench = await openBench({ policy: { resyncEveryMs: 2 * MINUTE, provisionWithinMs: 12 * MINUTE } });
    const byDefault = await bench.online();
    const byItsSpec = await bench.online({ policy: { resyncEveryMs: 3 * MINUTE } });
    const paused = await bench.online();
    await bench.act(paused, 'pause');
    await bench.restartSupervisor(() => {}, { resyncEveryMs: 5 * MINUTE, provisionWithinMs: 20 * SECOND });
    const waits = (id: string) => (bench.view(id).deadline?.at ?? 0) - bench.clock.now();
    expect([waits(byDefault), waits(byItsSpec)]).toEqual([5 * MINUTE, 3 * MINUTE]);
    await bench.act(paused, 'resume');
    expect(waits(paused)).toBe(20 * SECOND);
  });
});
