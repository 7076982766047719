/** Wakes one waiter. A nudge that comes while nobody waits is kept, so none is lost; many count as one. */
export const createNudge = () => {
  let pending = false;
  let wake: (() => void) | null = null;
  return {
    nudge: () => {
      pending = true;
      wake?.();
    },
    async wait(): Promise<void> {
      if (!pending) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      wake = null;
      pending = false;
    },
  };
};
