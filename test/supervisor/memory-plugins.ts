/** Plugins that are but their names: what a workspace has is a list in memory, and a fetch takes as long as the test wants. */
import type { InstalledSet } from '../../machines/reconcile/outcome.ts';
import type { CachedPlugin, PluginCache, PluginSets } from '../../src/reconcile/ports.ts';
import { createDoor } from '../system/in-process.ts';

const hashOf = (version: number) => String(version).padStart(64, 'a');

/** Content is but a version: `a@2` differs from `a`. */
const pluginNamed = (name: string, version = 1): CachedPlugin => ({
  name,
  source: `local://${name}`,
  revision: null,
  treeHash: hashOf(version),
  manifestHash: null,
  runtimes: [],
  coreHash: hashOf(version),
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
  /** What the source of a plugin offers now. */
  const versions = new Map<string, number>();
  /** Sources that were looked up, in order, and names of those that do not answer. */
  const lookUps: string[] = [];
  const unreachable = new Set<string>();
  const fetches = { underWay: 0, most: 0, begun: 0 };
  const setOf = (id: string): InstalledSet => inForce.get(id) ?? NONE;

  const cache: PluginCache = {
    async resolve({ name, source }) {
      lookUps.push(source);
      if (unreachable.has(name)) throw new Error('It cannot be reached.');
      return { revision: null, treeHash: hashOf(versions.get(name) ?? 1) };
    },
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
      return pluginNamed(name, versions.get(name));
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
      const set = {
        generation,
        plugins: plugins.map((one) => {
          const plugin =
            one.from === 'cache' ? one.plugin : before.plugins.find(({ name }) => name === one.name);
          if (plugin === undefined) throw new Error(`${id} has no such plugin`);
          return { ...plugin, actualHash: plugin.treeHash };
        }),
        switches: [...before.switches, { generation, ...change }],
      };
      staged.set(id, [...earlier, set]);
      return generation;
    },
    async activate(id, generation, { signal }) {
      signal.throwIfAborted();
      inForce.set(id, staged.get(id)?.[generation - 1] as InstalledSet);
      await doors.switched.pass();
    },
    async restore(id, to) {
      const before = setOf(id);
      const earlier = staged.get(id) ?? [];
      const plugins = to === 0 ? [] : (earlier[to - 1]?.plugins ?? []);
      const generation = earlier.length + 1;
      const set = { generation, plugins, switches: before.switches };
      staged.set(id, [...earlier, set]);
      inForce.set(id, set);
      const isThere = (hash: string, name: string) =>
        plugins.some((one) => one.name === name && one.treeHash === hash);
      const changed = before.plugins.filter(({ name, treeHash }) => !isThere(treeHash, name));
      return { generation, changed };
    },
    async history(id) {
      const { generation: current } = setOf(id);
      return (staged.get(id) ?? []).toReversed().map(({ generation, plugins }) => ({
        generation,
        builtAt: null,
        restoredFrom: null,
        inForce: generation === current,
        changed: [],
        plugins,
      }));
    },
    async download() {
      throw new Error('Nothing is downloaded here.');
    },
    generationInForce: async (id) => setOf(id).generation,
  };

  return {
    cache,
    sets,
    doors,
    fetches,
    absent,
    versions,
    lookUps,
    unreachable,
    /** What a workspace has now, as `name@version`. */
    inForceOf: (id: string): string[] =>
      setOf(id).plugins.map(({ name, treeHash }) => `${name}@${Number(treeHash.replaceAll('a', ''))}`),
    /** Somebody deletes the plugins of a workspace behind our back, records and all. */
    wipe: (id: string): void => void inForce.set(id, { ...setOf(id), plugins: [] }),
  };
};

const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
