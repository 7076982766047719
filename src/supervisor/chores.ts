import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { Log } from './options.ts';
import { createAlarm, type Scheduler } from './scheduler.ts';

/** Something that is done again and again, and whose failure costs one turn of it. */
type Chore = { name: string; everyMs: DurationMs; firstMs: DurationMs; run: () => Promise<void> };

type ChoresOptions = { scheduler: Scheduler; now: () => EpochMs; log: Log; chores: readonly Chore[] };

/** Does chores by the scheduler's clock, the first time `firstMs` after `begin`. */
export const createChores = ({ scheduler, now, log, chores }: ChoresOptions) => {
  const alarms = chores.map(({ name, everyMs, firstMs, run }) => {
    const turn = { name, everyMs, firstMs, lastAt: null as EpochMs | null, problem: null as string | null };
    const alarm = createAlarm(() => {
      turn.lastAt = now();
      scheduler.arm(alarm, now() + everyMs);
      void (async () => {
        try {
          await run();
          turn.problem = null;
        } catch (error) {
          turn.problem = error instanceof Error ? error.message : String(error);
          log.warn({ err: error, chore: name }, 'a chore failed');
        }
      })();
    });
    return { alarm, turn };
  });
  return {
    begin(): void {
      for (const { alarm, turn } of alarms) scheduler.arm(alarm, now() + turn.firstMs);
    },
    /** None waits longer for its turn than it should: the clock may have been set back. */
    hasten(): void {
      for (const { alarm, turn } of alarms) {
        const due = now() + turn.everyMs;
        if (alarm.at !== null && alarm.at > due) scheduler.arm(alarm, due);
      }
    },
    /** How long the most overdue one has been waiting for its turn. */
    lateMs: (): DurationMs => Math.max(0, ...alarms.map(({ alarm }) => now() - (alarm.at ?? now()))),
    /** When each was done last and is done next, and what was wrong with its last turn. */
    view: () =>
      alarms.map(({ alarm, turn: { name, everyMs, lastAt, problem } }) => ({
        name,
        everyMs,
        lastAt,
        nextAt: alarm.at,
        problem,
      })),
  };
};
