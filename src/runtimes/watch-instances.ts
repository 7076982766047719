import type { DurationMs } from '../../machines/time.ts';
import { type ProcessTable, stillAlive } from './process-table.ts';
import { exitOf, type RunningInstance } from './running-instance.ts';

/**
 * Holds the instances that run and notices when one ends: a child by its exit event, an adopted one by looking every
 * `pollMs`. One timer for all, and only while something runs; it does not keep the program alive.
 *
 * @param onEnd Called once per instance, with `exit` filled in. It stays held until it is dropped.
 * @param onPoll Called for every instance at every look.
 */
export const createInstanceWatch = (options: {
  table: ProcessTable;
  pollMs: DurationMs;
  onEnd: (running: RunningInstance) => void;
  onPoll: (running: RunningInstance) => Promise<void>;
  onFault: (fault: { workspaceId: string | null; error: unknown }) => void;
}) => {
  const held = new Map<string, RunningInstance>();
  let timer: NodeJS.Timeout | null = null;
  let looking = false;
  let closed = false;

  const end = (running: RunningInstance, code?: number | null, signal?: string | null): void => {
    if (running.exit !== null || closed) return;
    running.exit = exitOf(running.instance, code, signal);
    options.onEnd(running);
  };

  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const adopted = [...held.values()].filter(({ child, exit }) => child === null && exit === null);
      const leaders = adopted.map((running) => ({ ...running.leader, running }));
      const alive = new Set((await stillAlive(options.table, leaders)).map(({ running }) => running));
      for (const running of adopted) if (!alive.has(running)) end(running);
      for (const running of held.values()) await options.onPoll(running);
    } catch (error) {
      // Not being able to look is no exit.
      options.onFault({ workspaceId: null, error });
    } finally {
      looking = false;
    }
  };

  const tend = (): void => {
    const needed = held.size > 0 && !closed;
    if (needed && timer === null) timer = setInterval(() => void look(), options.pollMs).unref();
    if (!needed && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };

  return {
    get: (workspaceId: string): RunningInstance | null => held.get(workspaceId) ?? null,
    ids: (): string[] => [...held.keys()],
    hold: (running: RunningInstance): void => {
      held.set(running.instance.workspaceId, running);
      tend();
      const { child } = running;
      if (child === null) return;
      // It may have ended between its start and now.
      if (child.exitCode !== null || child.signalCode !== null) {
        end(running, child.exitCode, child.signalCode);
      } else {
        child.once('exit', (code, signal) => end(running, code, signal));
      }
    },
    drop: (running: RunningInstance): void => {
      if (held.get(running.instance.workspaceId) === running) held.delete(running.instance.workspaceId);
      tend();
    },
    /** Whether the leader is alive; notices its end if it is not. */
    isAlive: async (running: RunningInstance): Promise<boolean> => {
      if (running.exit !== null) return false;
      if (running.child !== null) return true;
      if ((await stillAlive(options.table, [running.leader])).length > 0) return true;
      end(running);
      return false;
    },
    close: (): void => {
      closed = true;
      tend();
    },
  };
};
