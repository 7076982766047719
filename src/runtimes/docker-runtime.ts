import { setTimeout as pause } from 'node:timers/promises';
import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { ContainerSettings } from '../../machines/workspace/container.ts';
import type { Declined } from '../../machines/workspace/types.ts';
import type { WorkspaceFolders } from '../folders.ts';
import { containerOptions, INSIDE } from './docker/container-options.ts';
import { declinedContainer } from './docker/declined-container.ts';
import { type Engine, isUnreachable, openEngine } from './docker/engine.ts';
import { isRunning } from './docker/is-running.ts';
import { createLabels } from './docker/labels.ts';
import { stopContainer } from './docker/stop-container.ts';
import { urlInside } from './docker/url-inside.ts';
import { createContainerWatch, type Held } from './docker/watch-containers.ts';
import { errorOfDeclined } from './error-of-declined.ts';
import { instanceEnv } from './instance-env.ts';
import { createMarks } from './instance-mark.ts';
import { createPatience, type Patience } from './patience.ts';
import { prepareFolders } from './prepare-folders.ts';
import type { LogWishes } from './read-log.ts';
import { removeWorkspaceFolder } from './remove-folder.ts';
import { exitOf, type Instance, type InstanceExit } from './running-instance.ts';
import { createTurns } from './turns.ts';

const GRACE_MS: DurationMs = 10_000;
const SUCCESSOR_MS: DurationMs = 500;

export type DockerRuntimeOptions = {
  /** Tells our containers from those of other installations. Never changes; no slash. */
  installationId: string;
  /** As the engine sees them: it has to be on this machine, or see the same folders. */
  foldersOf: (workspaceId: string) => WorkspaceFolders;
  /** See `openEngine`. */
  host: string | null;
  /** The network of containers for which nothing else is said. */
  network: string;
  allowPrivileged: boolean;
  /** Where containers reach this supervisor; null: at `host.docker.internal`, by the port on which it listens. */
  url: string | null;
  /** The address on which this supervisor listens. */
  listensOn: string;
  /** `uid:gid` of the owner of the folders, null where there is no such thing. */
  user: string | null;
  now: () => EpochMs;
  /** How often is looked for ends of which no event told. Default 15 s. */
  pollMs?: DurationMs;
  /** Told of what went wrong where nobody waits for an answer. */
  onFault?: (fault: { workspaceId: string | null; error: unknown }) => void;
  /** Default: the real one. */
  engine?: Engine;
};

type DockerWish = { workspaceId: string; container: ContainerSettings | null };
type DockerSpec = DockerWish & {
  incarnation: number;
  command: string[];
  env: Record<string, string>;
  token: string;
  url: string;
};

/**
 * Runs instances as containers of a Docker engine. See README.md for what a driver promises.
 *
 * A container that has ended stays until the next one starts, so that its last words can be read. An engine that is
 * down, slow or gone says nothing of its containers: whatever is asked then rejects.
 */
export const createDockerRuntime = (options: DockerRuntimeOptions) => {
  const { foldersOf, now, onFault = () => {} } = options;
  const engine = options.engine ?? openEngine(options.host);
  const labels = createLabels(options.installationId);
  const marks = createMarks(options.installationId);
  const turns = createTurns();
  const listeners = new Set<(exit: InstanceExit) => void>();
  /** The latest stop of each workspace that a further one may join. */
  const stops = new Map<string, { done: Promise<void>; patience: Patience }>();
  const closing = new AbortController();

  const watch = createContainerWatch({
    engine,
    label: labels.ofInstallation,
    pollMs: options.pollMs ?? 15_000,
    onFault,
    onEnd: (held) => look(held),
  });

  const look = (held: Held): void => {
    const { workspaceId } = held.instance;
    turns(workspaceId, () => finish(held)).catch((error: unknown) => onFault({ workspaceId, error }));
  };

  /** Tells of an end, if it is one: one that a stop or a successor dropped before is not told of. */
  const finish = async (held: Held): Promise<boolean> => {
    if (watch.get(held.instance.workspaceId) !== held) return true;
    const found = await engine.inspect(held.id);
    if (found !== null && isRunning({ State: found.State.Status })) return false;
    watch.drop(held);
    if (closing.signal.aborted) return true;
    const exit = exitOf(
      held.instance,
      found === null || found.State.OOMKilled ? null : found.State.ExitCode,
      found?.State.OOMKilled ? 'SIGKILL: it used more memory than it may' : null,
    );
    for (const listener of listeners) tell(listener, exit);
    return true;
  };

  const tell = (listener: (exit: InstanceExit) => void, exit: InstanceExit): void => {
    try {
      listener(exit);
    } catch (error) {
      onFault({ workspaceId: exit.workspaceId, error });
    }
  };

  const containersOf = (workspaceId: string) => engine.list(labels.ofWorkspace(workspaceId));

  const stopInstance = async (workspaceId: string, patience: Patience): Promise<void> => {
    patience.begin();
    const held = watch.get(workspaceId);
    const running = (await containersOf(workspaceId)).filter(isRunning);
    await Promise.all(running.map(({ Id }) => stopContainer(engine, Id, patience)));
    if (held !== null) watch.drop(held);
  };

  const removeAll = async (workspaceId: string): Promise<void> => {
    await Promise.all((await containersOf(workspaceId)).map(({ Id }) => engine.remove(Id)));
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
    if (held !== null) return (await finish(held)) ? null : held.instance;
    const found = (await containersOf(workspaceId))
      .filter(isRunning)
      .flatMap(({ Id, Labels }) => {
        const labelled = labels.read(Labels);
        return labelled === null ? [] : [{ id: Id, labelled }];
      })
      .toSorted((a, b) => b.labelled.incarnation - a.labelled.incarnation);
    const [latest, ...others] = found;
    await Promise.all(others.map(({ id }) => stopContainer(engine, id, createPatience(0))));
    if (latest === undefined) return null;
    const adopted: Held = { id: latest.id, instance: { ...latest.labelled, pid: null } };
    if (await holdWith(adopted, async () => {})) return adopted.instance;
    watch.drop(adopted);
    return null;
  };

  /** Holds it first, so that its end is noticed whenever it comes. Says whether it runs. */
  const holdWith = async (held: Held, begin: () => Promise<void>): Promise<boolean> => {
    watch.hold(held);
    try {
      await begin();
      const found = await engine.inspect(held.id);
      held.instance = { ...held.instance, pid: found?.State.Pid || null };
      return found !== null && isRunning({ State: found.State.Status });
    } catch (error) {
      watch.drop(held);
      throw error;
    }
  };

  const check = ({ container }: DockerWish): Promise<Declined | null> =>
    declinedContainer(engine, { ...options, container, signal: closing.signal });

  const begin = async (spec: DockerSpec): Promise<Instance> => {
    const { workspaceId, incarnation, container } = spec;
    const declined = await check(spec);
    if (declined !== null) throw errorOfDeclined(declined);
    if (container === null) throw new Error('Nothing says what the container is made of.');
    await stopInstance(workspaceId, createPatience(GRACE_MS));
    await removeAll(workspaceId);
    if (closing.signal.aborted) throw new Error('The Docker runtime is closed.');
    const folders = foldersOf(workspaceId);
    await prepareFolders(folders, spec.token);
    const labelled = { workspaceId, incarnation, startedAt: now() };
    const url = urlInside(spec.url, options.url);
    const id = await engine.create(
      containerOptions({
        name: `keepwell-${workspaceId}-${incarnation}-${options.installationId.slice(0, 8)}`,
        labels: labels.write(labelled),
        settings: container,
        network: options.network,
        command: spec.command,
        env: instanceEnv({}, { ...spec, url }, INSIDE, marks.write(spec)),
        folders,
        user: options.user,
      }),
    );
    try {
      const held: Held = { id, instance: { ...labelled, pid: null } };
      if (!(await holdWith(held, () => engine.start(id)))) look(held);
      return held.instance;
    } catch (error) {
      await engine.remove(id).catch((left: unknown) => onFault({ workspaceId, error: left }));
      throw error;
    }
  };

  async function* readLogs(workspaceId: string, wishes: Required<LogWishes>, signal: AbortSignal) {
    let seen: string | null = null;
    while (!signal.aborted) {
      const [latest] = await containersOf(workspaceId);
      if (latest !== undefined && latest.Id !== seen) {
        const tail = seen === null ? wishes.tail : Number.MAX_SAFE_INTEGER;
        seen = latest.Id;
        yield* engine.logs(latest.Id, { tail, follow: wishes.follow, signal });
      }
      if (!wishes.follow) return;
      await pause(SUCCESSOR_MS, undefined, { signal }).catch(() => {});
    }
  }

  return {
    name: 'docker' as const,
    owned: true,
    check,

    find: (workspaceId: string): Promise<Instance | null> =>
      turns(workspaceId, () => findRunning(workspaceId)),

    start: (spec: DockerSpec): Promise<Instance> => {
      // A stop asked for from now on means this instance as well, so it may not join one that came before.
      stops.delete(spec.workspaceId);
      return turns(spec.workspaceId, () => begin(spec));
    },

    stop,

    destroy: (workspaceId: string, { purge }: { purge: boolean }): Promise<void> =>
      turns(workspaceId, async () => {
        const running = (await containersOf(workspaceId)).filter(isRunning);
        if (running.length > 0) throw new Error(`Still running: ${running.map(({ Id }) => Id).join(', ')}`);
        await removeAll(workspaceId);
        if (purge) await removeWorkspaceFolder(foldersOf(workspaceId).root, workspaceId);
      }),

    onExit: (listener: (exit: InstanceExit) => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** Where no engine is, there is nothing to sweep. */
    sweep: async (isKnown: (workspaceId: string) => boolean): Promise<string[]> => {
      const all = await engine.list([labels.ofInstallation]).catch((error: unknown) => {
        if (isUnreachable(error)) return [];
        throw error;
      });
      const ids = all.flatMap(({ Labels }) => labels.read(Labels)?.workspaceId ?? []);
      const orphans = [...new Set(ids)].filter((id) => !isKnown(id));
      const swept = await Promise.all(
        orphans.map(async (workspaceId) => {
          try {
            await stop(workspaceId, GRACE_MS);
            await turns(workspaceId, () => removeAll(workspaceId));
            return [workspaceId];
          } catch (error) {
            onFault({ workspaceId, error });
            return [];
          }
        }),
      );
      return swept.flat();
    },

    logs: async function* (workspaceId: string, { tail, follow, signal }: LogWishes): AsyncGenerator<string> {
      const over = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      try {
        yield* readLogs(workspaceId, { tail, follow, signal }, over);
      } catch (error) {
        if (!over.aborted) throw error;
      }
    },

    close: async (): Promise<void> => {
      closing.abort();
      watch.close();
    },
  };
};
