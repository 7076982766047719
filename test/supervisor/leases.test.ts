import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { type Bench, openBench } from './bench.ts';

const LEASE = 180 * SECOND;
const ELSEWHERE: Partial<WorkspaceSpec> = { runtime: 'external', command: [] };

const statusesOf = (bench: Bench, ids: string[]): string[] => [
  ...new Set(ids.map((id) => bench.view(id).status)),
];

const warnings = ({ logged }: Bench): string[] =>
  logged.filter(({ level }) => level === 'warn').map(({ message }) => message);

const openFleet = async (size: number) => {
  const bench = await openBench();
  const ids = await Promise.all(Array.from({ length: size }, () => bench.create(ELSEWHERE)));
  return { bench, ids };
};

describe('a supervisor that was held up, or whose machine slept', () => {
  it.each([
    ['ten minutes', 10 * MINUTE],
    ['a day', 1_440 * MINUTE],
    ['as long as a lease', LEASE],
  ])('for %s calls nobody offline before a whole lease has passed from its waking', async (_, asleep) => {
    const bench = await openBench();
    const ids = [await bench.online(), await bench.online(ELSEWHERE)];
    bench.clock.stall(asleep);
    await bench.pass(0);
    expect(statusesOf(bench, ids)).toEqual(['online']);
    await bench.pass(LEASE - 1);
    expect(statusesOf(bench, ids)).toEqual(['online']);
    await bench.pass(1);
    expect(statusesOf(bench, ids)).toEqual(['offline', 'awaiting_agent']);
  });

  it('does not take back the longer quiet time that an agent asked for', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.beat(id, { quietForMs: 15 * MINUTE });
    bench.clock.stall(MINUTE);
    await bench.pass(14 * MINUTE - 1);
    expect(bench.view(id).status).toBe('online');
  });

  it('is longer than the hold that a mass silence begins, where its agent asked for that', async () => {
    const { bench, ids } = await openFleet(10);
    const [quiet = '', ...others] = ids;
    await Promise.all(others.map((id) => bench.beat(id)));
    const { leaseExpiresAt } = await bench.beat(quiet, { quietForMs: 15 * MINUTE });
    await bench.pass(LEASE);
    expect(bench.supervisor.health().notices).toHaveLength(1);
    expect(bench.view(quiet).presence.leaseExpiresAt).toBe(leaseExpiresAt);
  });

  it('says so once, however much was due in the meantime', async () => {
    const { bench, ids } = await openFleet(700);
    await Promise.all(ids.map((id) => bench.beat(id)));
    expect(statusesOf(bench, ids)).toEqual(['online']);
    bench.clock.stall(10 * MINUTE);
    await bench.pass(0);
    expect(statusesOf(bench, ids)).toEqual(['online']);
    expect(warnings(bench)).toEqual([expect.stringContaining('held up')]);
    await bench.pass(MINUTE);
    expect(warnings(bench)).toHaveLength(1);
  });

  it('judges as ever after a moment that is no more than a busy machine', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.pass(LEASE - 2 * SECOND);
    bench.clock.stall(3 * SECOND);
    await bench.pass(0);
    expect(bench.view(id).status).toBe('offline');
    expect(warnings(bench)).toEqual([]);
  });
});

describe('a lease', () => {
  it('is shortened by a shorter beat after a quiet one: the agent is offline in time', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.pass(30 * SECOND);
    await bench.beat(id, { quietForMs: 15 * MINUTE });
    // Until the alarm stands at the end of the long lease.
    await bench.pass(170 * SECOND);
    await bench.beat(id);
    expect(bench.view(id).presence.leaseExpiresAt).toBe(bench.clock.now() + LEASE);
    await bench.pass(LEASE - 1);
    expect(bench.view(id).status).toBe('online');
    await bench.pass(1);
    expect(bench.view(id).status).toBe('offline');
  });

  it('goes by the default that is in force, from the first moment after a restart', async () => {
    const bench = await openBench();
    const byDefault = await bench.online();
    const byItsSpec = await bench.online({ policy: { offlineAfterMs: 240 * SECOND } });
    await bench.restartSupervisor(() => {}, { offlineAfterMs: 600 * SECOND });
    // The grace at boot is spread by one interval, so that not all end in one moment.
    await bench.pass(241 * SECOND);
    expect([byDefault, byItsSpec].map((id) => bench.view(id).status)).toEqual(['online', 'offline']);
    await bench.pass(358 * SECOND);
    expect(bench.view(byDefault).status).toBe('online');
    await bench.pass(2 * SECOND);
    expect(bench.view(byDefault).status).toBe('offline');
  });

  it('follows a default that was made shorter with the first beat after the restart', async () => {
    const bench = await openBench({ policy: { offlineAfterMs: 600 * SECOND } });
    const id = await bench.online();
    await bench.restartSupervisor(() => {}, { offlineAfterMs: 60 * SECOND });
    await bench.beat(id);
    await bench.pass(60 * SECOND - 1);
    expect(bench.view(id).status).toBe('online');
    await bench.pass(1);
    expect(bench.view(id).status).toBe('offline');
  });
});
