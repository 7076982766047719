import type { DurationMs, EpochMs } from '../../../machines/time.ts';

/**
 * `since`: when the supervisor last said that it calls nobody silent; null when it said since that it does again, at
 * `endedAt`. Until `grantedUntil` the leases that it gave then may run, also those that the next supervisor finds.
 */
export type Hold = { since: EpochMs | null; endedAt: EpochMs; grantedUntil: EpochMs };

/** What the supervisor says of silence that it does not judge. It says it once, at the beginning and the end. */
export const createHolds = (now: () => EpochMs, grantedMs: DurationMs) => {
  let hold: Hold = NONE;
  const counts = { holds: 0 };
  return {
    counts,
    hold: (): Hold => hold,
    /** Takes note of what it logs. */
    hear(message: string): void {
      if (message.startsWith('nobody is called offline for being silent')) {
        counts.holds += 1;
        hold = { since: now(), endedAt: hold.endedAt, grantedUntil: now() + grantedMs };
      } else if (message.startsWith('silence is judged again')) {
        hold = { since: null, endedAt: now(), grantedUntil: 0 };
      }
    },
    /** Another supervisor knows nothing of it, but of the leases that it finds; until `until` at least they may run. */
    forget(until: EpochMs): void {
      hold = { ...NONE, grantedUntil: Math.max(hold.grantedUntil, until) };
    },
  };
};

const NONE: Hold = { since: null, endedAt: 0, grantedUntil: 0 };
