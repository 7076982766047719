import { type AgentChild, startChild } from './child.ts';

/** The command of an agent: one process after the other, but for whoever waits for its end only one. */
export type AgentCommand = {
  pid(): number;
  /** When the process that runs now was started, by `clock`. */
  startedAt(): number;
  /** Whether one process is being replaced by the next. */
  isRestarting(): boolean;
  /** Resolves with the code to pass on once it has ended for another reason than a restart. */
  exited: Promise<number>;
  /**
   * Stops the process, calls `between`, and starts the command again. Whoever asked us to end meanwhile is heard: then
   * nothing is started again. Resolves when it runs, or has ended for good; never rejects.
   */
  restart(graceMs: number, between: () => Promise<void>): Promise<void>;
  /** Stops it for good. */
  stop(graceMs: number): Promise<void>;
};

type CommandOptions = {
  log: (line: string) => void;
  ownGroup: boolean;
  clock: () => number;
  env: Record<string, string> | undefined;
};

/** @returns the running command, or the exit code that says why there is none. */
export const startCommand = async (
  command: readonly string[],
  { log, ownGroup, clock, env }: CommandOptions,
): Promise<AgentCommand | { exitCode: number }> => {
  const begin = () => startChild(command, { log, ownGroup, env });
  const first = await begin();
  if ('exitCode' in first) return first;

  let child = first;
  let startedAt = clock();
  let restarting: Promise<void> | null = null;
  let isOver = false;
  const over = Promise.withResolvers<number>();

  const end = (code: number) => {
    isOver = true;
    over.resolve(code);
  };
  const watch = async (watched: AgentChild): Promise<void> => {
    const code = await watched.exited;
    if (restarting === null) end(code);
  };
  void watch(child);

  const replace = async (graceMs: number, between: () => Promise<void>): Promise<void> => {
    await child.stop(graceMs);
    if (child.wasAskedToEnd() || isOver) return end(await child.exited);
    await between();
    const next = await begin();
    if ('exitCode' in next) return end(next.exitCode);
    child = next;
    startedAt = clock();
    if (isOver) return child.stop(graceMs);
    log(`the command was started again, as process ${child.pid}`);
  };

  return {
    pid: () => child.pid,
    startedAt: () => startedAt,
    isRestarting: () => restarting !== null,
    exited: over.promise,
    async restart(graceMs, between) {
      if (isOver || restarting !== null) return restarting ?? undefined;
      log('starting the command again, to load its plugins');
      restarting = replace(graceMs, between);
      await restarting;
      restarting = null;
      if (!isOver) void watch(child);
    },
    async stop(graceMs) {
      isOver = true;
      await child.stop(graceMs);
      await restarting;
      end(await child.exited);
    },
  };
};
