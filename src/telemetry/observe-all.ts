/** Those who measure a supervisor; fits its port `Observer` without knowing it. */
type Observer = {
  transitioned(from: string, to: string): void;
  leaseJudged(lateMs: number): void;
  reconcileBegan(workspaceId: string): (result: string) => void;
  pluginBegan(workspaceId: string, plugin: string): (result: string) => void;
  restartBegan(workspaceId: string, cause: string): (result: string) => void;
  restarted(cause: string): void;
};

/** One observer that tells several. */
export const observeAll = (observers: readonly Observer[]): Observer => {
  const all =
    <Args extends unknown[]>(begin: (observer: Observer, ...args: Args) => (result: string) => void) =>
    (...args: Args) => {
      const endings = observers.map((observer) => begin(observer, ...args));
      return (result: string): void => {
        for (const end of endings) end(result);
      };
    };
  return {
    transitioned(from, to) {
      for (const observer of observers) observer.transitioned(from, to);
    },
    leaseJudged(lateMs) {
      for (const observer of observers) observer.leaseJudged(lateMs);
    },
    restarted(cause) {
      for (const observer of observers) observer.restarted(cause);
    },
    reconcileBegan: all((observer, workspaceId: string) => observer.reconcileBegan(workspaceId)),
    pluginBegan: all((observer, workspaceId: string, plugin: string) =>
      observer.pluginBegan(workspaceId, plugin),
    ),
    restartBegan: all((observer, workspaceId: string, cause: string) =>
      observer.restartBegan(workspaceId, cause),
    ),
  };
};
