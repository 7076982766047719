/** Of the last few hundred, in milliseconds; `count` is of all. */
export type DurationsView = { p50Ms: number; p99Ms: number; count: number };

const KEPT = 512;

/** Remembers how long something took, the last few hundred times. */
export const createDurations = () => {
  const ring = new Float64Array(KEPT);
  let count = 0;
  return {
    note(ms: number): void {
      ring[count % KEPT] = ms;
      count += 1;
    },
    view(): DurationsView {
      const sorted = ring.slice(0, Math.min(count, KEPT)).toSorted();
      const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
      return { p50Ms: at(0.5), p99Ms: at(0.99), count };
    },
  };
};
