import type { PluginCache, PluginSets } from '../../reconcile/ports.ts';
import { createMemoryCache } from './plugins/memory-cache.ts';
import { createMemorySets, type MemorySetsOptions } from './plugins/memory-sets.ts';
import { createMemoryShelf, type MemoryShelf, spoil } from './plugins/memory-shelf.ts';
import { pluginContent } from './plugins/plugin-content.ts';
import { createPluginSources, type PluginSources } from './plugins/plugin-sources.ts';

export { createMemoryShelf, createPluginSources, type MemoryShelf, type PluginSources, pluginContent, spoil };

/** The plugin side of one life of a supervisor: the cache, and the sets of all workspaces, over what is on the shelf. */
export const createMemoryPlugins = (
  shelf: MemoryShelf,
  sources: PluginSources,
  options: MemorySetsOptions = {},
): { cache: PluginCache; sets: PluginSets } => ({
  cache: createMemoryCache(shelf, sources, options.life),
  sets: createMemorySets(shelf, options),
});
