import type { DurationMs, EpochMs } from '../../machines/time.ts';

const WRONG_ONES = 10;
const WITHIN_MS = 60_000;
/** Whoever guesses from more addresses than that makes room for itself; memory stays small. */
const MOST_ADDRESSES = 1_000;

/** Slows down who guesses tokens: after ten wrong ones from an address none is looked at for the rest of a minute, of which `began` is told. */
export const createGuessLimit = (
  now: () => EpochMs,
  began: (address: string, lockout: { forMs: DurationMs; tries: number }) => void,
) => {
  // In the order in which the minutes began, so the first ones are over first.
  const wrongOnes = new Map<string, { count: number; until: EpochMs }>();
  const current = (address: string) => {
    const found = wrongOnes.get(address);
    if (found === undefined || found.until > now()) return found;
    wrongOnes.delete(address);
    return undefined;
  };
  return {
    /** Seconds until a token from there is looked at again; 0 for at once. */
    waitSeconds(address: string): number {
      const found = current(address);
      if (found === undefined || found.count < WRONG_ONES) return 0;
      return Math.ceil((found.until - now()) / 1_000);
    },
    wrong(address: string): void {
      const found = current(address);
      if (found !== undefined) {
        found.count += 1;
        if (found.count === WRONG_ONES) began(address, { forMs: found.until - now(), tries: WRONG_ONES });
        return;
      }
      const [oldest] = wrongOnes.keys();
      if (oldest !== undefined && wrongOnes.size >= MOST_ADDRESSES) wrongOnes.delete(oldest);
      wrongOnes.set(address, { count: 1, until: now() + WITHIN_MS });
    },
    right(address: string): void {
      wrongOnes.delete(address);
    },
    size: () => wrongOnes.size,
  };
};
