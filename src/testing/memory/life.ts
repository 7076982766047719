/** One life of a supervisor, as its hands of memory see it: where they can be held up, made to fail, or cut off. */
export type Life = {
  /**
   * Passed before and after everything that a hand does, with its name (`runtime.start`) and whom it is for.
   * What it returns is waited for; what it throws is the hand's answer; what never settles is a crash there.
   */
  step(what: string, workspaceId: string | null): void | Promise<void>;
  /** The same where the real hand cannot wait: between the writes of one commit. */
  instant?(what: string, workspaceId: string | null): void;
  /** Whether this life has ended. Its hands then neither do nor answer anything any more. */
  isOver(): boolean;
};

/** A life that nothing happens to. */
export const CALM_LIFE: Life = { step: () => undefined, isOver: () => false };

/** Passes a boundary; whoever is dead by then stays there for good. */
export const pass = async (life: Life, what: string, workspaceId: string | null = null): Promise<void> => {
  const waited = life.step(what, workspaceId);
  if (waited !== undefined) await waited;
  if (life.isOver()) await new Promise<never>(() => {});
};
