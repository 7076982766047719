import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import { judge } from '../../machines/workspace/backtest.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { WorkspaceBeats } from '../../src/supervisor/api.ts';
import { type Bench, openBench } from './bench.ts';

const LEASE = 180 * SECOND;
const ELSEWHERE: Partial<WorkspaceSpec> = { runtime: 'external', command: [] };

const recordOf = async (bench: Bench, id: string): Promise<WorkspaceBeats> => {
  await bench.supervisor.settleBeats([id]);
  return bench.supervisor.beatRecord(id, 0);
};
const longestGap = async (bench: Bench, id: string): Promise<number> =>
  (await recordOf(bench, id)).longestGapMs;

/** Beats after each of these silences. */
const beatAfter = async (bench: Bench, id: string, ...silences: number[]): Promise<void> => {
  for (const silence of silences) {
    await bench.pass(silence);
    await bench.beat(id);
  }
};

describe('what is remembered of beats', () => {
  it('is how many there were, and the longest silence between two of them', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    const before = await recordOf(bench, id);
    const begin = bench.clock.now();
    await beatAfter(bench, id, 30 * SECOND, 70 * SECOND, 20 * SECOND);
    const after = await recordOf(bench, id);
    expect(after.beats - before.beats).toBe(3);
    expect(after).toMatchObject({
      longestGapMs: 70 * SECOND,
      lastAt: begin + 120 * SECOND,
      offlineAfterMs: LEASE,
      leastLeaseMs: 2 * SECOND,
    });
    expect(after.gaps).toContainEqual({ endedAt: begin + 100 * SECOND, lengthMs: 70 * SECOND });
  });

  it('is on disk some seconds after its minute is over, and when the supervisor stops', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    const written = () => bench.store.beats(id, { since: 0, gapsFromMs: 0 }).beats;
    await beatAfter(bench, id, MINUTE - (bench.clock.now() % MINUTE) + 30 * SECOND);
    const { beats: before } = await recordOf(bench, id);
    await beatAfter(bench, id, 5 * SECOND, 5 * SECOND);
    await bench.pass(15 * SECOND);
    expect(written()).toBe(before);
    await bench.pass(15 * SECOND);
    expect(written()).toBe(before + 2);
    await bench.beat(id);
    await bench.restartSupervisor();
    expect(written()).toBe(before + 3);
  });

  it('is written in parts when many minutes end together', async () => {
    const bench = await openBench();
    const ids = await Promise.all(Array.from({ length: 450 }, () => bench.create(ELSEWHERE)));
    await Promise.all(ids.map((id) => bench.beat(id)));
    await bench.pass(2 * MINUTE);
    const written = ids.map((id) => bench.store.beats(id, { since: 0, gapsFromMs: 0 }).beats);
    expect(written).toEqual(ids.map(() => 1));
  });

  it('waits for a disk that takes nothing, and is not counted twice', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    const { beats } = await recordOf(bench, id);
    await bench.fillDisk(id);
    await beatAfter(bench, id, 30 * SECOND, 61 * SECOND, 5 * SECOND);
    expect((await recordOf(bench, id)).beats).toBe(beats);
    await bench.freeDisk();
    expect(await recordOf(bench, id)).toMatchObject({ beats: beats + 3, longestGapMs: 61 * SECOND });
  });

  it('goes with the workspace', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await recordOf(bench, id);
    await bench.supervisor.remove(id, { purge: false });
    await bench.calm();
    await bench.pass(20 * SECOND);
    expect(bench.behindItsBack((db) => db.prepare('SELECT count(*) FROM beat_minutes').pluck().get())).toBe(
      0,
    );
  });
});

describe('silence that is not the agent’s own', () => {
  it('is not counted while the supervisor was away: only from when it could hear again', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await bench.restartSupervisor(() => bench.clock.setWall(60 * MINUTE));
    await beatAfter(bench, id, 5 * SECOND);
    expect(await longestGap(bench, id)).toBe(5 * SECOND);
    await beatAfter(bench, id, 50 * SECOND);
    expect(await longestGap(bench, id)).toBe(50 * SECOND);
  });

  it('is not counted while the supervisor was held up', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await beatAfter(bench, id, 2 * SECOND);
    bench.clock.stall(10 * MINUTE);
    await bench.pass(0);
    await beatAfter(bench, id, 3 * SECOND);
    expect(await longestGap(bench, id)).toBe(3 * SECOND);
  });

  it('is not counted over a jump of the clock, even of beats that are heard before it is noticed', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await beatAfter(bench, id, 2 * SECOND);
    bench.clock.setWall(10 * MINUTE);
    for (let beats = 0; beats < 6; beats += 1) await beatAfter(bench, id, 3 * SECOND);
    expect(await longestGap(bench, id)).toBe(3 * SECOND);
  });

  it('is not counted when a beat is heard before the stall is noticed', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    bench.clock.stall(10 * MINUTE);
    await bench.beat(id);
    await bench.pass(0);
    expect(await longestGap(bench, id)).toBeLessThan(MINUTE);
  });

  it('is not counted while the workspace rested', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await bench.act(id, 'pause');
    await bench.pass(100 * SECOND);
    await bench.beat(id);
    await bench.act(id, 'resume');
    await beatAfter(bench, id, 4 * SECOND, 6 * SECOND);
    expect(await longestGap(bench, id)).toBe(6 * SECOND);
  });

  it('is not counted from one incarnation to the next', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.act(id, 'restart');
    await bench.pass(90 * SECOND);
    expect(bench.view(id).incarnation).toBe(2);
    await bench.settle(id);
    await beatAfter(bench, id, 7 * SECOND);
    expect(await longestGap(bench, id)).toBe(7 * SECOND);
  });

  it('is counted from the first beat of an incarnation on', async () => {
    const bench = await openBench();
    const id = await bench.create();
    await beatAfter(bench, id, 3 * SECOND, 8 * SECOND);
    expect(await longestGap(bench, id)).toBe(8 * SECOND);
  });

  it('is not counted when an agent elsewhere says that it has begun anew', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await bench.beat(id, { uptimeSeconds: 500 });
    await bench.pass(100 * SECOND);
    await bench.beat(id, { uptimeSeconds: 3 });
    expect(await longestGap(bench, id)).toBe(0);
  });

  it('is not counted as long as the agent said that it would be quiet, and is counted beyond that', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await bench.beat(id, { quietForMs: 10 * MINUTE });
    await beatAfter(bench, id, 10 * MINUTE);
    expect(await longestGap(bench, id)).toBe(0);
    await bench.beat(id, { quietForMs: 5 * MINUTE });
    await beatAfter(bench, id, 6 * MINUTE);
    expect(await longestGap(bench, id)).toBe(6 * MINUTE);
    await bench.beat(id, { quietForMs: 60 * MINUTE });
    await beatAfter(bench, id, 16 * MINUTE);
    expect(await longestGap(bench, id)).toBe(16 * MINUTE);
  });
});

describe('an agent that goes offline', () => {
  it('and beats again by itself was taken for dead by mistake (elsewhere)', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await beatAfter(bench, id, LEASE + 20 * SECOND, 30 * SECOND);
    const record = await recordOf(bench, id);
    expect(record.offlines).toMatchObject([{ by: 'silence' }]);
    expect(judge([record], null)).toMatchObject({ offlines: 1, mistaken: 1, real: 0 });
    expect(judge([record], LEASE + 21 * SECOND)).toMatchObject({ offlines: 0 });
  });

  it('and beats again before it is restarted was taken for dead by mistake (ours)', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await beatAfter(bench, id, LEASE + 5 * SECOND);
    expect(bench.view(id)).toMatchObject({ incarnation: 1, status: 'online' });
    expect(judge([await recordOf(bench, id)], null)).toMatchObject({ mistaken: 1, real: 0 });
  });

  it('and is restarted before it was heard was really gone, as far as is known', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.pass(LEASE + 30 * SECOND);
    await bench.settle(id);
    expect(bench.view(id).incarnation).toBe(2);
    const verdict = judge([await recordOf(bench, id)], 60 * SECOND);
    expect(verdict).toMatchObject({ offlines: 1, mistaken: 0, real: 1, silent: 1 });
    expect(verdict.noticedAfterMs?.worst).toBe(60 * SECOND);
  });

  it('because its process ended was really gone, and no lease is needed to notice', async () => {
    const bench = await openBench();
    const id = await bench.online();
    bench.instances.exit(id);
    await bench.calm();
    const verdict = judge([await recordOf(bench, id)], 60 * SECOND);
    expect(verdict).toMatchObject({ offlines: 1, real: 1, silent: 0, noticedAfterMs: { worst: 0 } });
  });

  it('and begins anew elsewhere was really gone', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await bench.beat(id, { uptimeSeconds: 500 });
    await bench.pass(LEASE + 20 * SECOND);
    await bench.beat(id, { uptimeSeconds: 1 });
    expect(judge([await recordOf(bench, id)], null)).toMatchObject({ mistaken: 0, real: 1 });
  });

  it('is told of no further back than was asked', async () => {
    const bench = await openBench();
    const id = await bench.online(ELSEWHERE);
    await beatAfter(bench, id, LEASE + 20 * SECOND);
    const since = bench.clock.now() + MINUTE;
    await beatAfter(bench, id, 5 * MINUTE, 30 * SECOND);
    await bench.supervisor.settleBeats([id]);
    const record = bench.supervisor.beatRecord(id, since);
    expect(record).toMatchObject({ beats: 2, offlines: [{ by: 'silence' }] });
    expect(record.journalSince).toBeLessThan(since);
  });
});
