/** Plugins that are but their names: what a workspace has is in memory, and a fetch takes as long as the test wants. */
import { KeepwellError } from '../../src/errors.ts';
import type { PluginCache, PluginSets } from '../../src/reconcile/ports.ts';
import {
  createMemoryPlugins,
  createMemoryShelf,
  createPluginSources,
  pluginContent,
} from '../../src/testing/memory/memory-plugins.ts';
import { createDoor } from '../system/in-process.ts';

/** Content is but a version: `a@2` differs from `a`. */
const contentAt = (version: number) => pluginContent({ 'version.txt': String(version) });

export const createBenchedPlugins = () => {
  const shelf = createMemoryShelf();
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

  const sources = createPluginSources();
  const latest = (source: string) => {
    const name = source.replace('local://', '');
    return { revision: null, content: contentAt(versions.get(name) ?? 1) };
  };
  const life = {
    isOver: () => false,
    async step(what: string, name: string | null): Promise<void> {
      if (what === 'plugins.resolve' && unreachable.has(name ?? '')) {
        throw new KeepwellError('PLUGIN_FETCH_FAILED', { message: 'It cannot be reached.' });
      }
      if (what !== 'plugins.fetch') return;
      await doors.fetch.pass();
      if (absent.has(name ?? '')) throw new KeepwellError('PLUGIN_NOT_FOUND');
    },
  };
  const plugins = createMemoryPlugins(shelf, { ...sources, latest }, { life });

  const cache: PluginCache = {
    ...plugins.cache,
    resolve(declaration, signal) {
      lookUps.push(declaration.source);
      return plugins.cache.resolve(declaration, signal);
    },
    async fetch(declaration, revision, signal) {
      fetches.begun += 1;
      fetches.underWay += 1;
      fetches.most = Math.max(fetches.most, fetches.underWay);
      try {
        return await plugins.cache.fetch(declaration, revision, signal);
      } finally {
        fetches.underWay -= 1;
      }
    },
  };
  const sets: PluginSets = {
    ...plugins.sets,
    async installed(id) {
      await doors.look.pass();
      return plugins.sets.installed(id);
    },
    async activate(id, generation, options) {
      await plugins.sets.activate(id, generation, options);
      await doors.switched.pass();
    },
  };
  const setOf = (id: string) => {
    const own = shelf.workspaces.get(id);
    return own?.sets.get(own.inForce);
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
      (setOf(id)?.plugins ?? []).map(
        ({ name }) => `${name}@${setOf(id)?.contents.get(name)?.files['version.txt']}`,
      ),
    /** Somebody deletes the plugins of a workspace behind our back, records and all. */
    wipe(id: string): void {
      const set = setOf(id);
      if (set !== undefined) Object.assign(set, { plugins: [] });
    },
  };
};
