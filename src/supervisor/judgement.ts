import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { SupervisorInside } from './watching-api.ts';

type Held = { since: EpochMs; until: EpochMs; reason: string };

/** Remembers why silence is not judged for a while, for people; the leases themselves were given their time. */
export const createJudgement = (now: () => EpochMs) => {
  let held: Held | null = null;
  /** Holding it again goes on from where it was. */
  const hold = (reason: string, forMs: DurationMs): void => {
    const at = now();
    const since = held !== null && held.until > at ? held.since : at;
    held = { since, until: at + forMs, reason };
  };
  return {
    /** The event loop, or the machine, stood still, or the clock jumped. */
    holdLate(lateMs: DurationMs, forMs: DurationMs): void {
      const late = `${Math.round(lateMs / 1000)} s`;
      hold(
        `The supervisor was held up, or the clock jumped, by ${late}: every agent gets a whole lease.`,
        forMs,
      );
    },
    /** Nobody could be heard while the supervisor was not there. */
    holdDeaf(forMs: DurationMs): void {
      hold('The supervisor has just started: nobody is called silent because it was deaf.', forMs);
    },
    view(): SupervisorInside['judgement'] {
      const isHeld = held !== null && held.until > now();
      return {
        held: isHeld,
        since: held?.since ?? null,
        until: held?.until ?? null,
        reason: held?.reason ?? null,
      };
    },
  };
};

export type Judgement = ReturnType<typeof createJudgement>;
