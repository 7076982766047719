const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** How long to wait after so many failures in a row: 250 ms, doubled each time, 10 s at most, a quarter by chance. */
export const backoffMs = (failures: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** failures) * (0.75 + Math.random() / 4);

/** Rejects with the reason of whichever signal aborts first. */
export const sleep = (ms: number, signals: readonly AbortSignal[]): Promise<void> => {
  const signal = AbortSignal.any([...signals]);
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
};
