import type { DurationMs } from '../../machines/time.ts';

/** Told once when a piece of work is over, with one word for what came of it. */
export type Ending = (result: string) => void;

/**
 * Those who measure. Nothing here is called for a beat: how many there were is a number that can be read.
 *
 * What is told must neither throw nor take long, for whoever tells it is deciding.
 */
export interface Observer {
  /** A workspace went from one leaf state to another. */
  transitioned(from: string, to: string): void;
  /** A lease was judged so long after it had ended. */
  leaseJudged(lateMs: DurationMs): void;
  /** A reconcile ends as `settled`, `blocked`, `failed` or `superseded`. */
  reconcileBegan(workspaceId: string): Ending;
  /** One plugin of the reconcile under way is fetched; ends as `fetched` or with the code of its failure. */
  pluginBegan(workspaceId: string, plugin: string): Ending;
  /** A workspace is being restarted; ends with the status that it comes to. */
  restartBegan(workspaceId: string, cause: string): Ending;
  /** Its instance is stopped for a restart, which counts from now on. */
  restarted(cause: string): void;
}

const nothing = (): void => undefined;

/** Nobody measures. */
export const NO_OBSERVER: Observer = {
  transitioned: nothing,
  leaseJudged: nothing,
  reconcileBegan: () => nothing,
  pluginBegan: () => nothing,
  restartBegan: () => nothing,
  restarted: nothing,
};
