import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { InstalledSet, PluginSwitch } from '../../../machines/reconcile/outcome.ts';
import { KeepwellError } from '../../errors.ts';
import { tarEntries } from '../../plugins/archive/tar-entries.ts';
import { DEFAULT_LIMITS } from '../../plugins/limits.ts';
import { createPluginSets } from '../../plugins/sets/plugin-sets.ts';
import { createTreeStore, type StoredTree, type TreeStore } from '../../plugins/tree-store.ts';
import type { WantedPlugin } from './plugin-client.ts';

export type { StoredTree };

/** The plugins of an agent as they are on its disk, kept in the same way as the server keeps them. */
export type PluginFolder = {
  /** What is in place, every plugin hashed anew. */
  installed(): Promise<InstalledSet>;
  /** A plugin that was unpacked already, by an earlier try. */
  find(treeHash: string): Promise<StoredTree | null>;
  /** Unpacks an archive beside what is in place, with every check that the server makes. */
  unpack(archive: Readable, signal: AbortSignal): Promise<StoredTree>;
  drop(treeHash: string): Promise<void>;
  /** Puts a complete set in place by one rename. With `tree` null a plugin stays as it is. */
  replace(
    plugins: { plugin: WantedPlugin; tree: StoredTree | null }[],
    change: Omit<PluginSwitch, 'generation'>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Forgets what was unpacked: what is in place is a copy of it. */
  tidy(): Promise<void>;
};

/** The set in force and the one before it. */
const KEPT_SETS = 2;
/** One folder is one agent's: the name under which its sets are kept is never seen. */
const SELF = 'self';

/**
 * Opens a folder of plugins; nothing is written before something is put there.
 *
 * `path` becomes a link to the set in force; the sets, and what is being unpacked, are beside it, under its name with
 * a dot. Something else at `path` is moved aside when the first set is put in place, never removed. One process at a
 * time may use it.
 */
export const openPluginFolder = (path: string): PluginFolder => {
  const [home, link] = [dirname(path), basename(path)];
  const cacheFolder = join(home, `.${link}`, 'cache');
  const sets = createPluginSets({
    foldersOf: () => ({ root: home, configs: home, workspace: home, logs: home }),
    cacheFolder,
    link,
    keep: KEPT_SETS,
  });
  let opened: TreeStore | null = null;
  const trees = (): TreeStore => {
    opened ??= createTreeStore(cacheFolder);
    return opened;
  };

  return {
    installed: () => sets.installed(SELF),
    find: async (treeHash) => trees().find(treeHash),
    unpack: async (archive, signal) => trees().add(tarEntries(archive), { limits: DEFAULT_LIMITS, signal }),
    drop: async (treeHash) => trees().drop(treeHash),

    async replace(plugins, change, signal) {
      const staged = plugins.map(({ plugin: { name, source, revision, restart }, tree }) =>
        tree === null
          ? { from: 'installed' as const, name }
          : { from: 'cache' as const, plugin: { ...tree, name, source, revision, restart } },
      );
      try {
        const generation = await sets.stage(SELF, staged, change, signal);
        await sets.activate(SELF, generation, { keep: [], signal });
      } catch (error) {
        // A tree that was damaged meanwhile would be found again and again.
        const isDamaged = error instanceof KeepwellError && error.code === 'PLUGIN_CACHE_DAMAGED';
        for (const { tree } of isDamaged ? plugins : []) if (tree !== null) await trees().drop(tree.treeHash);
        throw error;
      }
    },

    async tidy() {
      const names = await readdir(join(cacheFolder, 'trees')).catch(() => []);
      for (const name of names.filter((each) => /^[0-9a-f]{64}$/.test(each))) await trees().drop(name);
    },
  };
};
