/**
 * Runs over all items, at most `width` at a time, and returns the results in order. After a failure nothing more is
 * started, and nothing is running any more when it rejects.
 */
export const eachOf = async <T, R>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  const rest = items.entries();
  let failure: { error: unknown } | null = null;
  const worker = async () => {
    for (const [at, item] of rest) {
      try {
        results[at] = await run(item);
      } catch (error) {
        failure ??= { error };
      }
      if (failure !== null) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  if (failure !== null) throw (failure as { error: unknown }).error;
  return results;
};
