import type { DurationMs, EpochMs } from '../../../machines/time.ts';

/** Times during which something is otherwise than usual, for one or for all. */
export type Windows<Facts> = {
  /** Opens one for `whom`, or for everybody with null. */
  open(whom: string | null, forMs: DurationMs, facts: Facts): void;
  /** What is so for `whom` now; the latest of several. Null for the usual. */
  of(whom: string): Facts | null;
  /** Everything is as usual again. */
  closeAll(): void;
};

export const createWindows = <Facts>(now: () => EpochMs): Windows<Facts> => {
  let open: { whom: string | null; until: EpochMs; facts: Facts }[] = [];
  return {
    open(whom, forMs, facts) {
      open = [{ whom, until: now() + forMs, facts }, ...open.filter(({ until }) => until > now())];
    },
    of(whom) {
      if (open.length === 0) return null;
      const at = now();
      const found = open.find((one) => one.until > at && (one.whom === null || one.whom === whom));
      return found?.facts ?? null;
    },
    closeAll() {
      open = [];
    },
  };
};
