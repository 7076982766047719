/** Answers whether what is left still shows what was found. */
type Shows = (left: readonly number[]) => Promise<boolean>;

/**
 * Finds a small part of a list that still shows the same: leaves chunks out, smaller and smaller ones, until no single
 * one can go, or `tries` is used up (delta debugging).
 */
export const shrink = async (all: readonly number[], shows: Shows, tries: number): Promise<number[]> => {
  let left = [...all];
  let tried = 0;
  let chunk = Math.ceil(left.length / 2);
  while (chunk >= 1 && left.length > 1) {
    let isSmaller = false;
    // From the end: what happened last is needed most often, and what comes after it never.
    for (let end = left.length; end > 0 && tried < tries; end -= chunk) {
      const without = [...left.slice(0, Math.max(0, end - chunk)), ...left.slice(end)];
      if (without.length === left.length) continue;
      tried += 1;
      if (!(await shows(without))) continue;
      left = without;
      isSmaller = true;
    }
    if (tried >= tries || (chunk === 1 && !isSmaller)) break;
    if (chunk > 1) chunk = Math.ceil(chunk / 2);
  }
  return left;
};
