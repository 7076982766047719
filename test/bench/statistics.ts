export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
};

/** The median of one number of every sample. */
export const medianOf = <T>(samples: readonly T[], pick: (sample: T) => number): number =>
  median(samples.map(pick));
