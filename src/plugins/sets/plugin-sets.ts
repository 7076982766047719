import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import type { InstalledPlugin, InstalledSet, PluginSwitch } from '../../../machines/reconcile/outcome.ts';
import { KeepwellError } from '../../errors.ts';
import type { WorkspaceFolders } from '../../folders.ts';
import type { CachedPlugin } from '../cache.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { DEFAULT_LIMITS, type PluginLimits } from '../limits.ts';
import { parsePluginName } from '../name.ts';
import { hashTree } from '../tree/hash-tree.ts';
import { syncPath, writeFileWhole } from '../write-file.ts';
import { buildSet, type Wanted } from './build-set.ts';
import { moveAside } from './move-aside.ts';
import { pruneSets, removeDrafts } from './prune-sets.ts';
import { printLock, readLock, type SetLock } from './set-lock.ts';
import {
  generationInForce,
  generationsOnDisk,
  isFolder,
  linkTarget,
  type SetPaths,
  setPaths,
} from './set-paths.ts';

export type PluginSetsOptions = {
  foldersOf: (workspaceId: string) => WorkspaceFolders;
  /** The same as the cache's. */
  cacheFolder: string;
  /** Sets that stay on disk, the one in force included. Default 2. */
  keep?: number;
  limits?: Partial<PluginLimits>;
};

/** One plugin of a set to come: from the cache, or carried over from the set in force. */
type StagedPlugin = { from: 'cache'; plugin: CachedPlugin } | { from: 'installed'; name: string };

/** The numbered, complete, immutable sets of plugins that a workspace has had. */
export type PluginSets = {
  /** What the set in force says and what its bytes are. Never rejects for what is wrong with a set. */
  installed(workspaceId: string): Promise<InstalledSet>;
  /**
   * Builds a set and returns its number. Repeating what was staged already gives the same number.
   * @throws {KeepwellError} `PLUGIN_CACHE_DAMAGED`, `PLUGIN_DUPLICATE`, `PLUGIN_NOT_FOUND` for one that cannot stay
   */
  stage(
    workspaceId: string,
    plugins: StagedPlugin[],
    change: Omit<PluginSwitch, 'generation'>,
    signal: AbortSignal,
  ): Promise<number>;
  /**
   * Puts a complete set in force, unless `signal` aborts before the switch.
   * @throws {KeepwellError} `PLUGIN_NOT_FOUND` when there is none of that number
   */
  activate(workspaceId: string, generation: number, signal: AbortSignal): Promise<void>;
  /** Number of the set in force, 0 for none. Reads no plugin. */
  generationInForce(workspaceId: string): Promise<number>;
};

/** Switches that a lock remembers. */
const SWITCHES = 20;

/**
 * Gives access to the sets of all workspaces.
 *
 * Below a workspace's `configs`: `.plugins/<n>/<plugin>/…` is a set, `.plugins/<n>.json` its lock, and `plugins` a
 * relative link to the one in force. A set gets its number by one rename once it is complete and on the disk, and is
 * put in force by another; a kill at any point leaves the old set or the new one. Numbers only rise. Something else
 * in the place of `plugins` is moved aside, never removed. Folders in a set that its lock does not name are not
 * plugins: they are ignored, and are not carried over.
 */
export const createPluginSets = (options: PluginSetsOptions): PluginSets => {
  const { foldersOf, cacheFolder, keep = 2 } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const alone = createKeyedQueue();
  const pathsOf = (workspaceId: string) => setPaths(foldersOf(workspaceId).configs);

  const hashInSet = async (paths: SetPaths, generation: number, name: string): Promise<string | null> => {
    const folder = paths.folder(generation);
    if (!(await isFolder(folder))) return null;
    const hashes = await hashTree(`${folder}/${name}`, { limits, signal: NEVER }).catch(() => null);
    return hashes?.treeHash ?? null;
  };

  const isIntact = async (paths: SetPaths, { generation, plugins }: SetLock): Promise<boolean> => {
    if (!(await isFolder(paths.folder(generation)))) return false;
    for (const { name, treeHash } of plugins) {
      if ((await hashInSet(paths, generation, name)) !== treeHash) return false;
    }
    return true;
  };

  const installed = async (paths: SetPaths): Promise<InstalledSet> => {
    const generation = await generationInForce(paths);
    const lock = generation === 0 ? null : await readLock(paths.lock(generation));
    const plugins: InstalledPlugin[] = [];
    for (const plugin of lock?.plugins ?? []) {
      plugins.push({ ...plugin, actualHash: await hashInSet(paths, generation, plugin.name) });
    }
    return { generation, plugins, switches: lock?.switches ?? [] };
  };

  const stage = async (
    paths: SetPaths,
    plugins: StagedPlugin[],
    change: Omit<PluginSwitch, 'generation'>,
    signal: AbortSignal,
  ): Promise<number> => {
    signal.throwIfAborted();
    if (!(await isFolder(paths.sets))) await moveAside(paths.sets);
    await mkdir(paths.sets, { recursive: true });
    await removeDrafts(paths);
    const previous = await generationInForce(paths);
    const before = previous === 0 ? null : await readLock(paths.lock(previous));
    const wanted = want(plugins, before, paths);
    const lockOf = (generation: number): SetLock => ({
      format: 1,
      generation,
      previous,
      plugins: wanted.map(({ plugin }) => plugin),
      switches: [...(before?.switches ?? []), { generation, ...change }].slice(-SWITCHES),
    });

    const highest = Math.max(previous, (await generationsOnDisk(paths)).at(-1) ?? 0);
    const latest = highest > previous ? await readLock(paths.lock(highest)) : null;
    const isRepeated = latest !== null && printLock(latest) === printLock(lockOf(highest));
    if (isRepeated && (await isIntact(paths, latest))) return highest;

    const generation = highest + 1;
    const draft = paths.draft();
    try {
      await buildSet(draft, wanted, { cacheFolder, limits, signal });
      signal.throwIfAborted();
      await writeFileWhole(paths.lock(generation), printLock(lockOf(generation)));
      await rename(draft, paths.folder(generation));
      await syncPath(paths.sets);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return generation;
  };

  const activate = async (paths: SetPaths, generation: number, signal: AbortSignal): Promise<void> => {
    const isComplete =
      (await isFolder(paths.folder(generation))) && (await readLock(paths.lock(generation))) !== null;
    if (!isComplete) {
      throw new KeepwellError('PLUGIN_NOT_FOUND', {
        message: `There is no plugin generation ${generation}.`,
      });
    }
    const replaced = await generationInForce(paths);
    if (replaced !== generation) {
      if (replaced === 0) await moveAside(paths.link);
      const draft = paths.draft();
      signal.throwIfAborted();
      await symlink(linkTarget(generation), draft);
      await rename(draft, paths.link);
    }
    await syncPath(paths.configs);
    await pruneSets(paths, { inForce: generation, replaced, keep });
  };

  return {
    // In turn: a switch that is under way counts, whoever asked for it.
    installed: (workspaceId) => alone(workspaceId, () => installed(pathsOf(workspaceId))),
    stage: (workspaceId, plugins, change, signal) =>
      alone(workspaceId, () => stage(pathsOf(workspaceId), plugins, change, signal)),
    activate: (workspaceId, generation, signal) =>
      alone(workspaceId, () => activate(pathsOf(workspaceId), generation, signal)),
    generationInForce: (workspaceId) => alone(workspaceId, () => generationInForce(pathsOf(workspaceId))),
  };
};

const NEVER = new AbortController().signal;

const want = (plugins: StagedPlugin[], before: SetLock | null, paths: SetPaths): Wanted[] => {
  const names = new Set<string>();
  return plugins.map((staged): Wanted => {
    const name = parsePluginName(staged.from === 'cache' ? staged.plugin.name : staged.name);
    if (names.has(name)) throw new KeepwellError('PLUGIN_DUPLICATE');
    names.add(name);
    if (staged.from === 'cache') {
      const { source, revision, treeHash, coreHash, restart } = staged.plugin;
      return { plugin: { name, source, revision, treeHash, coreHash, restart }, carriedFrom: null };
    }
    const plugin = before?.plugins.find((known) => known.name === name);
    if (before === null || plugin === undefined) {
      throw new KeepwellError('PLUGIN_NOT_FOUND', { message: `The plugin ${name} is not installed.` });
    }
    return { plugin, carriedFrom: `${paths.folder(before.generation)}/${name}` };
  });
};
