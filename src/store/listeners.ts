/** Those who want to know that something happened. One that throws is reported and harms nobody else. */
export const createListeners = (report: (error: unknown) => void) => {
  const listeners = new Set<{ call: () => void }>();
  return {
    /** Returns what ends it. The same function may be added twice. */
    add: (call: () => void): (() => void) => {
      const listener = { call };
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    tell: (): void => {
      for (const { call } of listeners) {
        try {
          call();
        } catch (error) {
          report(error);
        }
      }
    },
  };
};
