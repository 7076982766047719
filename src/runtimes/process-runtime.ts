import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { Declined } from '../../machines/workspace/types.ts';
import type { WorkspaceFolders } from '../folders.ts';
import { errorOfDeclined } from './error-of-declined.ts';
import { findLeader, findRecorded } from './find-leader.ts';
import { findMembers } from './find-members.ts';
import { findProgram } from './find-program.ts';
import { findTooLong } from './find-too-long.ts';
import { createMarks } from './instance-mark.ts';
import { removeInstanceRecord, writeInstanceRecord } from './instance-record.ts';
import { launchInstance } from './launch-instance.ts';
import { createPatience, type Patience } from './patience.ts';
import { createProcessTable, type ProcessIdentity, type ProcessTable } from './process-table.ts';
import { type LogWishes, readLog } from './read-log.ts';
import { removeWorkspaceFolder } from './remove-folder.ts';
import type { LogLimits } from './rotate-log.ts';
import type { Instance, InstanceExit, RunningInstance } from './running-instance.ts';
import { stopProcesses } from './stop-processes.ts';
import { createLogTender } from './tend-logs.ts';
import { createTurns } from './turns.ts';
import { createInstanceWatch } from './watch-instances.ts';

const GRACE_MS: DurationMs = 10_000;
const LOG: LogLimits = { maxBytes: 10 * 1024 * 1024, keep: 3 };

export type ProcessRuntimeOptions = {
  /** Tells our processes from those of other installations on the machine. Never changes; no slash. */
  installationId: string;
  foldersOf: (workspaceId: string) => WorkspaceFolders;
  /** Put before the command of a workspace with a sidecar. Absolute paths: it runs in the workspace's folder. */
  sidecarCommand: readonly string[];
  /** What instances inherit, such as PATH and HOME. Names that begin with `KEEPWELL_` are left out. */
  baseEnv: Record<string, string>;
  now: () => EpochMs;
  /** How often adopted instances and the sizes of logs are looked at. Default 1 s. */
  pollMs?: DurationMs;
  /** When a log is rotated (default 10 MiB) and how many old files are kept (default 3). */
  log?: LogLimits;
  /** Told of what went wrong where nobody waits for an answer. */
  onFault?: (fault: { workspaceId: string | null; error: unknown }) => void;
  /** Default: what runs on this machine. */
  table?: ProcessTable;
};

type ProcessSpec = {
  workspaceId: string;
  incarnation: number;
  command: string[];
  sidecar: boolean;
  env: Record<string, string>;
  token: string;
  url: string;
};

/**
 * Runs instances as processes of this machine that outlive the supervisor. See README.md for what a driver promises.
 *
 * An instance is everything that bears its mark, shares a process group with it or descends from it. What clears its
 * environment, leaves the group and loses its parent before anybody looks, all three, is not found again.
 */
export const createProcessRuntime = (options: ProcessRuntimeOptions) => {
  const { foldersOf, baseEnv, now, onFault = () => {} } = options;
  const table = options.table ?? createProcessTable(now);
  const marks = createMarks(options.installationId);
  const world = { table, marks };
  const turns = createTurns();
  const listeners = new Set<(exit: InstanceExit) => void>();
  /** The latest stop of each workspace that a further one may join. */
  const stops = new Map<string, { done: Promise<void>; patience: Patience }>();
  const launching = new Set<Promise<unknown>>();
  const closing = new AbortController();
  const tendLog = createLogTender(options.log ?? LOG, onFault);

  const watch = createInstanceWatch({
    table,
    pollMs: options.pollMs ?? 1_000,
    onFault,
    onPoll: ({ instance: { workspaceId } }) => tendLog(workspaceId, foldersOf(workspaceId).logs),
    onEnd: (running) => void turns(running.instance.workspaceId, () => finish(running)),
  });

  /**
   * Clears away what an ended instance left behind, then tells of its end. It takes its turn like everything else: an
   * instance that a stop or a successor dropped before is not told of.
   */
  const finish = async (running: RunningInstance): Promise<void> => {
    const { workspaceId } = running.instance;
    if (watch.get(workspaceId) !== running) return;
    try {
      await stopMembers(workspaceId, createPatience(0));
      await removeInstanceRecord(foldersOf(workspaceId).root);
    } catch (error) {
      onFault({ workspaceId, error });
    }
    watch.drop(running);
    if (running.exit === null || closing.signal.aborted) return;
    for (const listener of listeners) tell(listener, running.exit);
  };

  const tell = (listener: (exit: InstanceExit) => void, exit: InstanceExit): void => {
    try {
      listener(exit);
    } catch (error) {
      onFault({ workspaceId: exit.workspaceId, error });
    }
  };

  const membersOf = async (workspaceId: string, seen: readonly ProcessIdentity[] = []) => {
    const running = watch.get(workspaceId);
    const recorded = await findRecorded(world, foldersOf(workspaceId).root, workspaceId);
    const known = [...seen, running?.leader, recorded].filter((one) => one !== null && one !== undefined);
    // Without its leader a group is believed to be ours only if nobody else can have reaped the leader.
    const groups = running?.child ? [running.leader.pid] : [];
    return findMembers(await table.all(), {
      isMarked: ({ mark }) => marks.read(mark)?.workspaceId === workspaceId,
      known,
      groups,
    });
  };

  const stopMembers = (workspaceId: string, patience: Patience) =>
    stopProcesses(table, (seen) => membersOf(workspaceId, seen), patience);

  const stopInstance = async (workspaceId: string, patience: Patience): Promise<void> => {
    const running = watch.get(workspaceId);
    await stopMembers(workspaceId, patience);
    await removeInstanceRecord(foldersOf(workspaceId).root);
    if (running !== null) watch.drop(running);
  };

  const stop = (workspaceId: string, graceMs: DurationMs): Promise<void> => {
    const shared = stops.get(workspaceId);
    if (shared !== undefined) {
      shared.patience.shorten(graceMs);
      return shared.done;
    }
    const patience = createPatience(graceMs);
    const done = turns(workspaceId, () => stopInstance(workspaceId, patience)).finally(() => {
      if (stops.get(workspaceId)?.patience === patience) stops.delete(workspaceId);
    });
    stops.set(workspaceId, { done, patience });
    return done;
  };

  const findRunning = async (workspaceId: string): Promise<Instance | null> => {
    const held = watch.get(workspaceId);
    if (held !== null) {
      if (await watch.isAlive(held)) return held.instance;
      await finish(held);
      return null;
    }
    const { root } = foldersOf(workspaceId);
    const found = await findLeader(world, root, workspaceId);
    if (found.kind === 'leftovers') await stopMembers(workspaceId, createPatience(0));
    if (found.kind !== 'leader') return null;
    const { record, isRecorded } = found;
    const { incarnation, startedAt, pid, started } = record;
    const instance = { workspaceId, incarnation, startedAt, pid };
    watch.hold({ instance, leader: { pid, started }, child: null, exit: null });
    if (!isRecorded) {
      await writeInstanceRecord(root, record).catch((error) => onFault({ workspaceId, error }));
    }
    return instance;
  };

  const commandOf = ({ command, sidecar }: Pick<ProcessSpec, 'command' | 'sidecar'>): string[] =>
    sidecar ? [...options.sidecarCommand, ...command] : command;

  const findProgramOf = async (
    spec: Pick<ProcessSpec, 'workspaceId' | 'command' | 'env' | 'sidecar'>,
  ): Promise<string | Declined> => {
    const place = {
      folder: foldersOf(spec.workspaceId).workspace,
      path: spec.env['PATH'] ?? baseEnv['PATH'],
    };
    const program = await findProgram(spec.command, place);
    return typeof program === 'string' && spec.sidecar ? findProgram(commandOf(spec), place) : program;
  };

  const begin = async (spec: ProcessSpec): Promise<Instance> => {
    const { workspaceId } = spec;
    const program = await findProgramOf(spec);
    if (typeof program !== 'string') throw errorOfDeclined(program);
    await stopInstance(workspaceId, createPatience(GRACE_MS));
    if (closing.signal.aborted) throw new Error('The process runtime is closed.');
    const launch = launchInstance(
      { table, now },
      {
        spec,
        program,
        command: commandOf(spec),
        folders: foldersOf(workspaceId),
        baseEnv,
        mark: marks.write(spec),
      },
    );
    launching.add(launch);
    try {
      const running = await launch;
      watch.hold(running);
      return running.instance;
    } catch (error) {
      await stopMembers(workspaceId, createPatience(0));
      throw error;
    } finally {
      launching.delete(launch);
    }
  };

  return {
    name: 'process' as const,
    owned: true,

    check: async (
      spec: Pick<ProcessSpec, 'workspaceId' | 'command' | 'env' | 'sidecar'>,
    ): Promise<Declined | null> => {
      const program = await findProgramOf(spec);
      return typeof program === 'string' ? findTooLong(spec) : program;
    },

    find: (workspaceId: string): Promise<Instance | null> =>
      turns(workspaceId, () => findRunning(workspaceId)),

    start: (spec: ProcessSpec): Promise<Instance> => {
      // A stop asked for from now on means this instance as well, so it may not join one that came before.
      stops.delete(spec.workspaceId);
      return turns(spec.workspaceId, () => begin(spec));
    },

    stop,

    destroy: (workspaceId: string, { purge }: { purge: boolean }): Promise<void> =>
      turns(workspaceId, async () => {
        const members = await membersOf(workspaceId);
        if (members.length > 0) {
          throw new Error(`Still running: ${members.map(({ pid }) => pid).join(', ')}`);
        }
        const { root } = foldersOf(workspaceId);
        await (purge ? removeWorkspaceFolder(root, workspaceId) : removeInstanceRecord(root));
      }),

    onExit: (listener: (exit: InstanceExit) => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    sweep: async (isKnown: (workspaceId: string) => boolean): Promise<string[]> => {
      const marked = (await table.all()).map(({ mark }) => marks.read(mark)?.workspaceId);
      const found = new Set([...watch.ids(), ...marked.filter((id) => id !== undefined)]);
      const stopped = await Promise.all(
        [...found]
          .filter((id) => !isKnown(id))
          .map((workspaceId) =>
            stop(workspaceId, GRACE_MS).then(
              () => [workspaceId],
              (error: unknown) => {
                onFault({ workspaceId, error });
                return [];
              },
            ),
          ),
      );
      return stopped.flat();
    },

    logs: (workspaceId: string, { signal, ...wishes }: LogWishes): AsyncIterable<string> =>
      readLog(foldersOf(workspaceId).logs, {
        ...wishes,
        signal: signal ? AbortSignal.any([signal, closing.signal]) : closing.signal,
      }),

    close: async (): Promise<void> => {
      closing.abort();
      watch.close();
      await Promise.allSettled(launching);
    },
  };
};
