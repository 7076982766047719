/** Work on the same key goes one after the other, in the order of asking; on different keys side by side. */
export const createTurns = () => {
  const last = new Map<string, Promise<unknown>>();

  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work);
    const settled = Promise.allSettled([mine]).finally(() => {
      if (last.get(key) === settled) last.delete(key);
    });
    last.set(key, settled);
    return mine;
  };
};
