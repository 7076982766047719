import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type {
  InstalledPlugin,
  InstalledSet,
  PluginContent,
  PluginGeneration,
  PluginSwitch,
  RecordedPlugin,
} from '../../../machines/reconcile/outcome.ts';
import { KeepwellError } from '../../errors.ts';
import type { WorkspaceFolders } from '../../folders.ts';
import type { CachedPlugin } from '../cache.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { DEFAULT_LIMITS, type PluginLimits } from '../limits.ts';
import { parsePluginName } from '../name.ts';
import { hashTree } from '../tree/hash-tree.ts';
import { treeFolder } from '../tree-store.ts';
import { syncPath, writeFileWhole } from '../write-file.ts';
import { buildSet, type Wanted } from './build-set.ts';
import { moveAside } from './move-aside.ts';
import { packPlugin } from './pack-plugin.ts';
import { pruneSets, removeDrafts } from './prune-sets.ts';
import { printLock, readLock, type SetLock } from './set-lock.ts';
import { generationInForce, generationsOnDisk, isFolder, type SetPaths, setPaths } from './set-paths.ts';

export type PluginSetsOptions = {
  foldersOf: (workspaceId: string) => WorkspaceFolders;
  /** The same as the cache's. */
  cacheFolder: string;
  /** Name of the link in `configs`; sets are beside it, under the same name with a dot. Default `plugins`. */
  link?: string;
  /** Sets that stay on disk, the one in force included. Default 5. */
  keep?: number;
  /** Stamps what is built. */
  now?: () => number;
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
   * Puts a complete set in force, unless `signal` aborts before the switch. Sets in `keep` are not pruned.
   * @throws {KeepwellError} `PLUGIN_GENERATION_NOT_FOUND`
   */
  activate(workspaceId: string, generation: number, options: SwitchOptions): Promise<void>;
  /**
   * Puts what set `to` held in force again, as a new set; 0 is the empty one. Repeated while its result is in force,
   * or after a kill anywhere in it, it gives the same answer and builds nothing more.
   * @throws {KeepwellError} `PLUGIN_GENERATION_NOT_FOUND`; `PLUGIN_CACHE_DAMAGED` when bytes of it are lost
   */
  restore(
    workspaceId: string,
    to: number,
    options: SwitchOptions,
  ): Promise<{ generation: number; changed: PluginContent[] }>;
  /** The sets on disk, the newest first. */
  history(workspaceId: string): Promise<PluginGeneration[]>;
  /**
   * One plugin of the set in force, packed; from the cache if its bytes in the set are not what they were.
   * @throws {KeepwellError} `PLUGIN_NOT_INSTALLED`
   */
  download(workspaceId: string, name: string): Promise<{ treeHash: string; open(): Readable }>;
  /** Number of the set in force, 0 for none. Reads no plugin. */
  generationInForce(workspaceId: string): Promise<number>;
};

type SwitchOptions = { keep: readonly number[]; signal: AbortSignal };

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
  const { foldersOf, cacheFolder, keep = 5, now } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const alone = createKeyedQueue();
  const pathsOf = (workspaceId: string) => setPaths(foldersOf(workspaceId).configs, options.link);

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
    return build(paths, wanted, { previous, before, change, restoredFrom: null, signal });
  };

  type Building = {
    previous: number;
    before: SetLock | null;
    change: Omit<PluginSwitch, 'generation'>;
    restoredFrom: number | null;
    signal: AbortSignal;
  };

  /** Builds a set with the next number, or finds that the highest one is what is to be built. */
  const build = async (
    paths: SetPaths,
    wanted: Wanted[],
    { previous, before, change, restoredFrom, signal }: Building,
  ): Promise<number> => {
    const lockOf = (generation: number): SetLock => ({
      format: 1,
      generation,
      previous,
      builtAt: now?.() ?? null,
      restoredFrom,
      plugins: wanted.map(({ plugin }) => plugin),
      switches: [...(before?.switches ?? []), { generation, ...change }].slice(-SWITCHES),
    });

    const highest = Math.max(previous, (await generationsOnDisk(paths)).at(-1) ?? 0);
    const latest = highest > previous ? await readLock(paths.lock(highest)) : null;
    const isRepeated =
      latest !== null && isDeepStrictEqual({ ...lockOf(highest), builtAt: latest.builtAt }, latest);
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

  const activate = async (
    paths: SetPaths,
    generation: number,
    { keep: needed, signal }: SwitchOptions,
  ): Promise<void> => {
    const isComplete =
      (await isFolder(paths.folder(generation))) && (await readLock(paths.lock(generation))) !== null;
    if (!isComplete) {
      throw noGeneration(generation);
    }
    const replaced = await generationInForce(paths);
    if (replaced !== generation) {
      if (replaced === 0) await moveAside(paths.link);
      const draft = paths.draft();
      signal.throwIfAborted();
      await symlink(paths.target(generation), draft);
      await rename(draft, paths.link);
    }
    await syncPath(paths.configs);
    await pruneSets(paths, { inForce: generation, replaced, keep, needed });
  };

  const restore = async (
    paths: SetPaths,
    to: number,
    options: SwitchOptions,
  ): Promise<{ generation: number; changed: PluginContent[] }> => {
    const inForce = await generationInForce(paths);
    const current = inForce === 0 ? null : await readLock(paths.lock(inForce));
    if (current?.restoredFrom === to) {
      const before = current.previous === 0 ? null : await readLock(paths.lock(current.previous));
      return { generation: inForce, changed: lostContent(before, current.plugins) };
    }
    const source = to === 0 ? null : await readLock(paths.lock(to));
    if (to !== 0 && (source === null || !(await isFolder(paths.folder(to))))) throw noGeneration(to);
    const plugins = source?.plugins ?? [];
    const changed = lostContent(current, plugins);
    if (!(await isFolder(paths.sets))) await moveAside(paths.sets);
    await mkdir(paths.sets, { recursive: true });
    await removeDrafts(paths);
    const wanted: Wanted[] = [];
    for (const plugin of plugins) {
      // Bytes that are no longer what they were are no way back.
      const isWhole = (await hashInSet(paths, to, plugin.name)) === plugin.treeHash;
      wanted.push({ plugin, carriedFrom: isWhole ? `${paths.folder(to)}/${plugin.name}` : null });
    }
    const names = [...new Set([...changed, ...added(current, plugins)].map(({ name }) => name))];
    const generation = await build(paths, wanted, {
      previous: inForce,
      before: current,
      change: { changed: names, restartNeeded: true },
      restoredFrom: to,
      signal: options.signal,
    });
    await activate(paths, generation, { ...options, keep: [...options.keep, to, inForce] });
    return { generation, changed };
  };

  const history = async (paths: SetPaths): Promise<PluginGeneration[]> => {
    const inForce = await generationInForce(paths);
    const found: PluginGeneration[] = [];
    for (const generation of (await generationsOnDisk(paths)).toReversed()) {
      const lock = await readLock(paths.lock(generation));
      if (lock === null || !(await isFolder(paths.folder(generation)))) continue;
      const { builtAt, restoredFrom, plugins, switches } = lock;
      const { changed = [] } = switches.find((made) => made.generation === generation) ?? {};
      found.push({ generation, builtAt, restoredFrom, inForce: generation === inForce, changed, plugins });
    }
    return found;
  };

  const download = async (paths: SetPaths, name: string) => {
    const generation = await generationInForce(paths);
    const lock = generation === 0 ? null : await readLock(paths.lock(generation));
    const plugin = lock?.plugins.find((known) => known.name === name);
    if (plugin === undefined) throw new KeepwellError('PLUGIN_NOT_INSTALLED');
    const { treeHash } = plugin;
    const isWhole = (await hashInSet(paths, generation, name)) === treeHash;
    const folder = isWhole ? join(paths.folder(generation), name) : treeFolder(cacheFolder, treeHash);
    if (!isWhole && !(await isFolder(folder))) throw new KeepwellError('PLUGIN_NOT_INSTALLED');
    return { treeHash, open: () => packPlugin(folder, { limits, signal: NEVER }) };
  };

  return {
    // In turn: a switch that is under way counts, whoever asked for it.
    installed: (workspaceId) => alone(workspaceId, () => installed(pathsOf(workspaceId))),
    stage: (workspaceId, plugins, change, signal) =>
      alone(workspaceId, () => stage(pathsOf(workspaceId), plugins, change, signal)),
    activate: (workspaceId, generation, options) =>
      alone(workspaceId, () => activate(pathsOf(workspaceId), generation, options)),
    restore: (workspaceId, to, options) =>
      alone(workspaceId, () => restore(pathsOf(workspaceId), to, options)),
    history: (workspaceId) => alone(workspaceId, () => history(pathsOf(workspaceId))),
    download: (workspaceId, name) => alone(workspaceId, () => download(pathsOf(workspaceId), name)),
    generationInForce: (workspaceId) => alone(workspaceId, () => generationInForce(pathsOf(workspaceId))),
  };
};

const NEVER = new AbortController().signal;

const noGeneration = (generation: number) =>
  new KeepwellError('PLUGIN_GENERATION_NOT_FOUND', {
    message: `There is no plugin generation ${generation} any more.`,
  });

/** What a set held that is not among `plugins` with the same content. */
const lostContent = (before: SetLock | null, plugins: readonly RecordedPlugin[]): PluginContent[] =>
  (before?.plugins ?? [])
    .filter(({ name, treeHash }) => !plugins.some((now) => now.name === name && now.treeHash === treeHash))
    .map(({ name, source, revision, treeHash }) => ({ name, source, revision, treeHash }));

const added = (before: SetLock | null, plugins: readonly RecordedPlugin[]): RecordedPlugin[] =>
  plugins.filter(({ name }) => !before?.plugins.some((known) => known.name === name));

const want = (plugins: StagedPlugin[], before: SetLock | null, paths: SetPaths): Wanted[] => {
  const names = new Set<string>();
  return plugins.map((staged): Wanted => {
    const name = parsePluginName(staged.from === 'cache' ? staged.plugin.name : staged.name);
    if (names.has(name)) throw new KeepwellError('PLUGIN_DUPLICATE');
    names.add(name);
    if (staged.from === 'cache') {
      const { source, revision, treeHash, manifestHash, coreHash, restart } = staged.plugin;
      const plugin = { name, source, revision, treeHash, manifestHash, coreHash, restart };
      return { plugin, carriedFrom: null };
    }
    const plugin = before?.plugins.find((known) => known.name === name);
    if (before === null || plugin === undefined) {
      throw new KeepwellError('PLUGIN_NOT_FOUND', { message: `The plugin ${name} is not installed.` });
    }
    return { plugin, carriedFrom: `${paths.folder(before.generation)}/${name}` };
  });
};
