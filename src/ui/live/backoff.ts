const FIRST_MS = 500;
const MOST_MS = 15_000;

/** How long to wait before the next try after `failures` in a row; `roll` spreads clients that failed together. */
export const backoffMs = (failures: number, roll: number): number => {
  const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(ceiling / 2 + (ceiling / 2) * roll);
};
