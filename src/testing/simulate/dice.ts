/** Randomness that is the same for the same seed, on every machine. */
export type SeededDice = {
  /** Uniform in [0, 1). */
  roll(): number;
  /** A whole number from 0 up to, and without, `most`. */
  upTo(most: number): number;
  /** A whole number of [least, most]. */
  between(least: number, most: number): number;
  /** @throws when the list is empty */
  of<T>(list: readonly T[]): T;
  /** True in `share` of all cases. */
  chance(share: number): boolean;
};

/** Dice of a seed (mulberry32). */
export const seededDice = (seed: number): SeededDice => {
  let state = seed | 0;
  const roll = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (most: number): number => Math.floor(roll() * most);
  return {
    roll,
    upTo,
    between: (least, most) => least + upTo(most - least + 1),
    of: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new RangeError('There is nothing to choose from.');
      return list[upTo(list.length)] as T;
    },
    chance: (share) => roll() < share,
  };
};

/**
 * The seed of one part of a run, so that what one part rolls changes nothing of another (FNV-1a).
 *
 * Dropping an action from a plan leaves everybody else's luck as it was.
 */
export const seedOf = (seed: number, ...part: readonly (string | number)[]): number => {
  let hash = 0x811c9dc5 ^ seed;
  for (const character of part.join('/')) {
    hash ^= character.codePointAt(0) as number;
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) | 0;
};
