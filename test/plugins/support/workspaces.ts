import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolders } from '../../../src/folders.ts';
import { createPluginSets, type PluginSetsOptions } from '../../../src/plugins/sets/plugin-sets.ts';
import type { PluginSets, StagedPlugin } from '../../../src/reconcile/ports.ts';
import { fetchNow, openCache } from './caches.ts';
import { never, scratch, write } from './scratch.ts';

export const WORKSPACE = 'w1';
export const NOTHING = { changed: [], restartNeeded: false };

export const openSets = (home: string, options: Partial<PluginSetsOptions> = {}): PluginSets =>
  createPluginSets({ foldersOf: dataFolders(home).workspace, cacheFolder: join(home, 'cache'), ...options });

/** A data folder with three plugins in its registry, and a workspace without any. */
export const dataFolder = async (options: Partial<PluginSetsOptions> = {}) => {
  const home = await scratch();
  for (const name of ['alpha', 'beta', 'gamma']) {
    await write(join(home, 'registry', name), {
      'plugin.yaml': `name: ${name}\n`,
      'lib/tool.py': `${name}\n`,
    });
  }
  const { configs } = dataFolders(home).workspace(WORKSPACE);
  await write(configs, { 'config.yaml': 'mine\n' });
  const cache = openCache(home);
  const sets = openSets(home, options);
  return {
    home,
    configs,
    cache,
    sets,
    /** A plugin of the registry as it is now, ready to be staged. */
    cached: async (name: string): Promise<StagedPlugin> => ({
      from: 'cache',
      plugin: await fetchNow(cache, name),
    }),
    install: async (...names: string[]): Promise<number> => {
      const plugins: StagedPlugin[] = [];
      for (const name of names) plugins.push({ from: 'cache', plugin: await fetchNow(cache, name) });
      const generation = await sets.stage(WORKSPACE, plugins, { changed: names, restartNeeded: true }, never);
      await sets.activate(WORKSPACE, generation, { keep: [], signal: never });
      return generation;
    },
    link: () => readlink(join(configs, 'plugins')),
    /** All that lies beside the sets, drafts included. */
    onDisk: async () => (await readdir(join(configs, '.plugins'))).sort(),
  };
};
