import { describe, expect, it } from 'vitest';
import type { ScheduledSpec } from '../../src/schedule.ts';
import type { Beat } from '../../src/supervisor/api.ts';
import { type Bench, openBench } from './bench.ts';
import { HEALTHY_BEAT } from './healthy-beat.ts';

const MINUTE = 60_000;
const idle: Partial<ScheduledSpec> = { idleAfter: 30 * MINUTE };

/** Beats for a workspace once a minute, for so many minutes. */
const beatFor = async (bench: Bench, id: string, minutes: number, beat: Partial<Beat> = {}) => {
  for (let minute = 0; minute < minutes; minute += 1) {
    await bench.pass(MINUTE);
    await bench.beat(id, { ...HEALTHY_BEAT, ...beat });
    await bench.pass(0);
  }
};
const isRunning = (bench: Bench, id: string) => bench.instances.runningOf(id) !== null;

describe('who has no work', () => {
  it('is hibernated when its spec says so, and says since when; waking it starts it once', async () => {
    const bench = await openBench();
    const id = await bench.online(idle);
    const other = await bench.online();
    const { since } = bench.view(id);
    expect(bench.view(id).idle).toEqual({ since, until: since + 30 * MINUTE });
    await beatFor(bench, id, 29);
    expect(bench.view(id).state).toBe('wanted.online.converged');
    await beatFor(bench, id, 3);
    expect(bench.view(id)).toMatchObject({
      state: 'resting.hibernated',
      idle: null,
      reason: { code: 'by-idleness', message: expect.stringMatching(/^It had no work since /) },
    });
    expect(isRunning(bench, id)).toBe(false);
    expect(bench.view(other)).toMatchObject({ idle: null });
    expect(bench.journal(id).filter(({ event }) => event === 'operator.hibernated')).toMatchObject([
      { cause: { by: 'idleness' }, reason: { code: 'by-idleness' } },
    ]);

    await bench.act(id, 'wake');
    await bench.settle(id);
    expect(bench.view(id)).toMatchObject({ state: 'wanted.online.converged', incarnation: 2 });
  });

  const neverWhile = async (work: Partial<Beat>) => {
    const bench = await openBench();
    const id = await bench.online(idle);
    await beatFor(bench, id, 25);
    await beatFor(bench, id, 1, work);
    await beatFor(bench, id, 29);
    expect(bench.view(id).status).toBe('online');
    await beatFor(bench, id, 40, work);
    expect(bench.view(id).status).toBe('online');
  };

  it('is never who counts its tasks', () => neverWhile({ activeTasks: 1 }));

  it('is never who names its task', () => neverWhile({ currentTask: 'the brief' }));

  it('is not hibernated on old knowledge: its last beat has to be fresh', async () => {
    const bench = await openBench();
    const id = await bench.online({
      ...idle,
      policy: { offlineAfterMs: 300 * MINUTE, resyncEveryMs: 900 * MINUTE },
    });
    await bench.pass(40 * MINUTE);
    expect(bench.view(id).status).toBe('online');
    await beatFor(bench, id, 2);
    expect(bench.view(id).status).toBe('hibernated');
  });

  it('begins anew with the supervisor: what it did meanwhile nobody heard', async () => {
    const bench = await openBench();
    const id = await bench.online(idle);
    await beatFor(bench, id, 25);
    await bench.restartSupervisor();
    await beatFor(bench, id, 25);
    expect(bench.view(id).status).toBe('online');
    await beatFor(bench, id, 10);
    expect(bench.view(id).status).toBe('hibernated');
  });

  it('rests through a restart of the supervisor, and for the same reason', async () => {
    const bench = await openBench();
    const id = await bench.online(idle);
    await beatFor(bench, id, 33);
    await bench.restartSupervisor();
    expect(bench.view(id)).toMatchObject({ status: 'hibernated', reason: { code: 'by-idleness' } });
    await bench.act(id, 'wake');
    await bench.settle(id);
    await bench.act(id, 'hibernate');
    await bench.pass(0);
    expect(bench.view(id)).toMatchObject({ status: 'hibernated', reason: { code: 'by-operator' } });
  });

  it('goes by what its agent asks for, where its spec says `agent`', async () => {
    const bench = await openBench();
    const asked: Partial<ScheduledSpec> = { idleAfter: 'agent' };
    const id = await bench.online(asked);
    await beatFor(bench, id, 60);
    expect(bench.view(id)).toMatchObject({ status: 'online', idle: { until: null } });
    await beatFor(bench, id, 3, { idleTimeoutMs: 10 * MINUTE });
    expect(bench.view(id).status).toBe('hibernated');
    const deaf = await bench.online();
    await beatFor(bench, deaf, 20, { idleTimeoutMs: 10 * MINUTE });
    expect(bench.view(deaf).status).toBe('online');
  });

  it('is told so by a changed spec at once', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await beatFor(bench, id, 20);
    const change: Partial<ScheduledSpec> = { idleAfter: 5 * MINUTE };
    await bench.change(id, change);
    await beatFor(bench, id, 2);
    // Its plugins were looked at last: the end of that is where it is found to be idle.
    expect(bench.view(id)).toMatchObject({ status: 'hibernated', reason: { code: 'by-idleness' } });
  });
});
