import { type DurationMs, type EpochMs, MINUTE } from '../../machines/time.ts';
import { KeepwellError } from '../errors.ts';
import type { Identity } from '../supervisor/api.ts';
import { sha256 } from './identify.ts';

/** So many different wrong tokens from one address within a minute are guesses. */
const WRONG_ONES = 10;
/** The first lockout; each further one within an hour is twice as long. */
const SHORTEST_MS: DurationMs = MINUTE;
const LONGEST_MS: DurationMs = 16 * MINUTE;
const FORGOTTEN_AFTER_MS: DurationMs = 60 * MINUTE;
/** Whoever comes from more addresses than that makes room for itself; memory stays small. */
const MOST_ADDRESSES = 10_000;
/** Wrong tokens of an address that are told apart from new ones. */
const REMEMBERED = 64;

type Guesser = {
  /** Hashes, the oldest first: who comes with the same one again and again is out of date, and guesses nothing. */
  tried: Set<string>;
  wrong: number;
  minuteEndsAt: EpochMs;
  lockouts: number;
  lockedUntil: EpochMs;
  lastAt: EpochMs;
};

export type Lockout = ReturnType<typeof createLockout>;

/**
 * Locks out an address from which different wrong bearer tokens come.
 *
 * Who was there with a good token before is heard all the time, so a fleet behind one address does not suffer from one
 * of its neighbours; a token that was never good from there is not looked at until the lockout is over, the right one
 * included. Other addresses notice nothing.
 *
 * @param began told of each lockout when it begins
 */
export const createLockout = (
  now: () => EpochMs,
  began: (address: string, lockout: { forMs: DurationMs; tries: number }) => void,
) => {
  const guessers = new Map<string, Guesser>();
  /** Who came with a good token, by address. */
  const known = new Map<string, Set<string>>();

  /** Also where nothing was guessed, so that a later lockout finds them. */
  const remember = (address: string, identity: Identity): void => {
    let there = known.get(address);
    if (there === undefined) {
      there = new Set();
      makeRoom(known);
      known.set(address, there);
    }
    there.add(keyOf(identity));
  };

  const noteWrong = (address: string, token: string): KeepwellError | null => {
    const at = now();
    let guesser = guessers.get(address);
    if (guesser === undefined || at - guesser.lastAt > FORGOTTEN_AFTER_MS || at < guesser.lastAt) {
      guesser = { tried: new Set(), wrong: 0, minuteEndsAt: 0, lockouts: 0, lockedUntil: 0, lastAt: at };
      makeRoom(guessers);
      guessers.set(address, guesser);
    }
    guesser.lastAt = at;
    const hash = sha256(token).toString('base64');
    if (guesser.tried.has(hash)) return null;
    guesser.tried.add(hash);
    const [oldest] = guesser.tried;
    if (oldest !== undefined && guesser.tried.size > REMEMBERED) guesser.tried.delete(oldest);
    if (guesser.minuteEndsAt <= at) Object.assign(guesser, { wrong: 0, minuteEndsAt: at + MINUTE });
    guesser.wrong += 1;
    if (guesser.wrong < WRONG_ONES) return null;
    const forMs = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** guesser.lockouts);
    Object.assign(guesser, { wrong: 0, lockedUntil: at + forMs, lockouts: guesser.lockouts + 1 });
    began(address, { forMs, tries: WRONG_ONES });
    return null;
  };

  const lockedFor = (address: string): DurationMs => {
    const { lockedUntil = 0 } = guessers.get(address) ?? {};
    const left = lockedUntil - now();
    // A clock that was set back must not keep anybody out.
    return left > 0 && left <= LONGEST_MS ? left : 0;
  };

  return {
    /**
     * Takes note of a bearer token, and of whom it stood for; null for nobody.
     * @returns why it is not even looked at, or null
     */
    judge(address: string, token: string, identity: Identity | null): KeepwellError | null {
      if (identity !== null && known.get(address)?.has(keyOf(identity))) return null;
      const leftMs = lockedFor(address);
      if (leftMs > 0) return tooMany(leftMs);
      if (identity === null) return noteWrong(address, token);
      remember(address, identity);
      return null;
    },
    sizes: () => ({ guessers: guessers.size, known: known.size }),
  };
};

const keyOf = (identity: Identity): string => {
  if (identity.kind === 'workspace') return identity.workspaceId;
  return identity.kind === 'admin' ? 'admin' : identity.tokenId;
};

const makeRoom = (map: Map<string, unknown>): void => {
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size >= MOST_ADDRESSES) map.delete(oldest);
};

const tooMany = (leftMs: DurationMs) =>
  new KeepwellError('TOO_MANY_TRIES', { details: { retry_after_seconds: Math.ceil(leftMs / 1_000) } });
