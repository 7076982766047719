/** Work on the same key goes one after the other, in the order of asking; on different keys side by side. */
export const createTurns = () => {
  const last = new Map<string, Promise<unknown>>();

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = last.get(key);
    const mine = before === undefined ? work() : after(before, work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
};

const after = async <T>(before: Promise<unknown>, work: () => Promise<T>): Promise<T> => {
  await Promise.allSettled([before]);
  return work();
};
