import pLimit, { type LimitFunction } from 'p-limit';

/** Runs work of one key in the order it came, one piece at a time. A key that nobody uses costs nothing. */
export const createKeyedQueue = () => {
  const queues = new Map<string, LimitFunction>();

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const queue = queues.get(key) ?? pLimit(1);
    queues.set(key, queue);
    try {
      return await queue(work);
    } finally {
      if (queue.activeCount + queue.pendingCount === 0 && queues.get(key) === queue) queues.delete(key);
    }
  };
};
