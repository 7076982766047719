import type { EpochMs } from '../../../machines/time.ts';

/** `since`: when the supervisor last said that it calls nobody silent; null when it said since that it does again, at `endedAt`. */
export type Hold = { since: EpochMs | null; endedAt: EpochMs };

/** What the supervisor says of silence that it does not judge. It says it once, at the beginning and the end. */
export const createHolds = (now: () => EpochMs) => {
  let hold: Hold = { since: null, endedAt: 0 };
  const counts = { holds: 0 };
  return {
    counts,
    hold: (): Hold => hold,
    /** Takes note of what it logs. */
    hear(message: string): void {
      if (message.startsWith('nobody is called offline for being silent')) {
        counts.holds += 1;
        hold = { ...hold, since: now() };
      } else if (message.startsWith('silence is judged again')) {
        hold = { since: null, endedAt: now() };
      }
    },
    /** Another supervisor knows nothing of it. */
    forget(): void {
      hold = { since: null, endedAt: 0 };
    },
  };
};
