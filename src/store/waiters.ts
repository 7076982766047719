/** Those who wait until the jobs up to a number are out of the queue. */
export type Waiters = {
  /** Rejects with the signal's reason when it aborts. */
  until(number: number, signal?: AbortSignal): Promise<void>;
  /** Resolves everyone who waits for numbers below `first`, the oldest one still queued. */
  wake(first: number): void;
  abandon(error: unknown): void;
};

type Waiter = { number: number; resolve: () => void; reject: (error: unknown) => void };

export const createWaiters = (): Waiters => {
  const waiting = new Set<Waiter>();

  const until = (number: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const waiter: Waiter = {
        number,
        resolve: () => end(resolve),
        reject: (error) => end(() => reject(error)),
      };
      const onAbort = (): void => waiter.reject(signal?.reason);
      const end = (how: () => void): void => {
        waiting.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.add(waiter);
    });

  return {
    until,
    wake: (first) => {
      for (const waiter of waiting) if (waiter.number < first) waiter.resolve();
    },
    abandon: (error) => {
      for (const waiter of waiting) waiter.reject(error);
    },
  };
};
