/** Plugins that are but their names: what a workspace has is a list in memory, and a fetch takes as long as the test wants. */
import type { InstalledSet } from '../../machines/reconcile/outcome.ts';
import type { CachedPlugin, PluginCache, PluginSets } from '../../src/reconcile/ports.ts';
import { createDoor } from '../system/in-process.ts';

const HASH = 'a'.repeat(64);

const pluginNamed = (name: string): CachedPlugin => ({
  name,
  source: `local://${name}`,
  revision: null,
  treeHash: HASH,
  coreHash: HASH,
  restart: 'auto',
});

const NONE: InstalledSet = { generation: 0, plugins: [], switches: [] };

export const createMemoryPlugins = () => {
  const staged = new Map<string, InstalledSet[]>();
  const inForce = new Map<string, InstalledSet>();
  /** `look`: before what is installed is read. `switched`: after a set was put in force, before anybody is told. */
  const doors = { look: createDoor(), fetch: createDoor(), switched: createDoor() };
  /** Names that no source has. */
  const absent = new Set<string>();
  const fetches = { underWay: 0, most: 0, begun: 0 };
  const setOf = (id: string): InstalledSet => inForce.get(id) ?? NONE;

  const cache: PluginCache = {
    resolve: async () => ({ revision: null, treeHash: null }),
    async fetch({ name }, _revision, signal) {
      fetches.begun += 1;
      fetches.underWay += 1;
      fetches.most = Math.max(fetches.most, fetches.underWay);
      try {
        await Promise.race([doors.fetch.pass(), abortOf(signal)]);
      } finally {
        fetches.underWay -= 1;
      }
      if (absent.has(name)) throw new Error('It is not there.');
      return pluginNamed(name);
    },
    verify: async () => {},
  };

  const sets: PluginSets = {
    async installed(id) {
      await doors.look.pass();
      return setOf(id);
    },
    async stage(id, plugins, change) {
      const earlier = staged.get(id) ?? [];
      const before = setOf(id);
      const generation = earlier.length + 1;
      const names = plugins.map((one) => (one.from === 'cache' ? one.plugin.name : one.name));
      const set = {
        generation,
        plugins: names.map((name) => ({ ...pluginNamed(name), actualHash: HASH })),
        switches: [...before.switches, { generation, ...change }],
      };
      staged.set(id, [...earlier, set]);
      return generation;
    },
    async activate(id, generation, signal) {
      signal.throwIfAborted();
      inForce.set(id, staged.get(id)?.[generation - 1] as InstalledSet);
      await doors.switched.pass();
    },
    generationInForce: async (id) => setOf(id).generation,
  };

  return {
    cache,
    sets,
    doors,
    fetches,
    absent,
    /** Somebody deletes the plugins of a workspace behind our back, records and all. */
    wipe: (id: string): void => void inForce.set(id, { ...setOf(id), plugins: [] }),
  };
};

const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
