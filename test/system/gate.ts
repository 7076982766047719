/** The outcome of what is done for real. */
export const REALLY = 'really';

type Waiter = { go: (outcome: string) => void; abandon: () => void };

/** Effects wait here until somebody says how they end. */
export const createGate = (what: string) => {
  const waiting: Waiter[] = [];
  const watchers: (() => void)[] = [];
  let isOpen = false;
  const release = (outcome: string): boolean => {
    const latest = waiting.pop();
    for (const left of waiting.splice(0)) left.abandon();
    latest?.go(outcome);
    return latest !== undefined;
  };
  return {
    async wait(): Promise<string> {
      if (isOpen) return REALLY;
      const outcome = new Promise<string>((go, reject) => {
        waiting.push({ go, abandon: () => reject(new Error(`${what} was abandoned`)) });
      });
      for (const tell of watchers.splice(0)) tell();
      return outcome;
    },
    /** Lets the latest one go on; earlier ones belong to states that were left. */
    release,
    /** Resolves as soon as somebody waits. */
    async waitedAt(): Promise<void> {
      if (waiting.length === 0) await new Promise<void>((resolve) => watchers.push(resolve));
    },
    /** From now on everything is done for real; of those that wait, by the latest one alone or by all. */
    open({ toAll = false } = {}): void {
      isOpen = true;
      if (toAll) for (const { go } of waiting.splice(0)) go(REALLY);
      release(REALLY);
    },
    isWaiting: (): boolean => waiting.length > 0,
  };
};
