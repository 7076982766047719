/** What 100,000 leases cost that ring within a second: one scheduler for all of them, or one timer for each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/supervisor/clock.ts';
import { type Alarm, createAlarm, createScheduler } from '../../../src/supervisor/scheduler.ts';

/** Nanoseconds per lease. Firing is CPU time, arming and moving are elapsed time. */
export type Costs = { arm: number; rearm: number; fire: number };
export type Compared = { scheduler: Costs; timers: Costs };

const LEASES = 100_000;
const ROUNDS = 3;

/** When each lease ends, from now: late enough that none rings while others are still being armed. */
const ends = Array.from({ length: 2 * LEASES }, () => 600 + Math.floor(Math.random() * 400));

type Way = { arm(n: number, inMs: number): void; rearm(n: number, inMs: number): void };

const measure = async (way: Way, fired: () => number): Promise<Costs> => {
  const arm = perLease(() => {
    for (let n = 0; n < LEASES; n += 1) way.arm(n, ends[n] as number);
  });
  const rearm = perLease(() => {
    for (let n = 0; n < LEASES; n += 1) way.rearm(n, ends[LEASES + n] as number);
  });
  const before = process.cpuUsage();
  while (fired() < LEASES) await sleep(20);
  const { user, system } = process.cpuUsage(before);
  return { arm, rearm, fire: ((user + system) * 1e3) / LEASES };
};

const perLease = (act: () => void): number => {
  const begun = performance.now();
  act();
  return ((performance.now() - begun) * 1e6) / LEASES;
};

const scheduled = async (): Promise<Costs> => {
  let rung = 0;
  const scheduler = createScheduler(systemClock, {
    onFault: (error) => {
      throw error;
    },
    onLate: () => undefined,
    onSetBack: () => undefined,
  });
  const alarms: Alarm[] = Array.from({ length: LEASES }, () =>
    createAlarm(() => {
      rung += 1;
    }),
  );
  const arm = (n: number, inMs: number) => scheduler.arm(alarms[n] as Alarm, systemClock.now() + inMs);
  const costs = await measure({ arm, rearm: arm }, () => rung);
  scheduler.close();
  return costs;
};

const timed = (): Promise<Costs> => {
  let rung = 0;
  const timers: NodeJS.Timeout[] = [];
  const ring = () => {
    rung += 1;
  };
  const arm = (n: number, inMs: number) => {
    timers[n] = setTimeout(ring, inMs);
  };
  const rearm = (n: number, inMs: number) => {
    clearTimeout(timers[n]);
    arm(n, inMs);
  };
  return measure({ arm, rearm }, () => rung);
};

const rounds: Compared[] = [];
await scheduled();
await timed();
for (let round = 0; round < ROUNDS; round += 1) {
  rounds.push({ scheduler: await scheduled(), timers: await timed() });
}
process.send?.(rounds);
