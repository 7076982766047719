import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { Log } from './options.ts';
import { createAlarm, type Scheduler } from './scheduler.ts';

/** Something that is done again and again, and whose failure costs one turn of it. */
type Chore = { name: string; everyMs: DurationMs; firstMs: DurationMs; run: () => Promise<void> };

type ChoresOptions = { scheduler: Scheduler; now: () => EpochMs; log: Log; chores: readonly Chore[] };

/** Does chores by the scheduler's clock, the first time `firstMs` after `begin`. */
export const createChores = ({ scheduler, now, log, chores }: ChoresOptions) => {
  const alarms = chores.map(({ name, everyMs, firstMs, run }) => {
    const alarm = createAlarm(() => {
      scheduler.arm(alarm, now() + everyMs);
      run().catch((error: unknown) => log.warn({ err: error, chore: name }, 'a chore failed'));
    });
    return { alarm, firstMs };
  });
  return {
    begin(): void {
      for (const { alarm, firstMs } of alarms) scheduler.arm(alarm, now() + firstMs);
    },
  };
};
