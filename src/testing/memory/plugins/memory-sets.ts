import type {
  PluginContent as ContentName,
  InstalledSet,
  PluginSwitch,
  RecordedPlugin,
} from '../../../../machines/reconcile/outcome.ts';
import type { EpochMs } from '../../../../machines/time.ts';
import { KeepwellError } from '../../../errors.ts';
import type { PluginSets, StagedPlugin } from '../../../reconcile/ports.ts';
import { CALM_LIFE, type Life, pass } from '../life.ts';
import { createTurns } from '../turns.ts';
import { type MemoryShelf, type OwnSets, ownSets, type StoredSet } from './memory-shelf.ts';
import type { PluginContent } from './plugin-content.ts';

/** Switches that a set remembers. */
const SWITCHES = 20;

type Wanted = { plugin: RecordedPlugin; carried: PluginContent | null };
type SwitchOptions = { keep: readonly number[]; signal: AbortSignal };
type Building = Pick<StoredSet, 'previous' | 'restoredFrom'> & {
  before: StoredSet | null;
  change: Omit<PluginSwitch, 'generation'>;
  signal: AbortSignal;
};

export type MemorySetsOptions = {
  life?: Life;
  /** Sets that stay, the one in force included. Default 5. */
  keep?: number;
  /** Stamps what is built. Default: nothing does. */
  now?: () => EpochMs;
};

/**
 * Gives access to the sets of all workspaces on a shelf, with the promises of the real ones: a set is there whole or
 * not at all, and is put in force by one step.
 *
 * Boundaries, with the workspace's id: `sets.look`, `sets.stage`, `sets.build` (before each plugin is laid into the
 * set to come), `sets.staged` (the set is there, its number was told to nobody), `sets.switch`, `sets.switched` (in
 * force, nobody was told), `sets.restore`.
 */
export const createMemorySets = (
  shelf: MemoryShelf,
  { life = CALM_LIFE, keep = 5, now }: MemorySetsOptions = {},
): PluginSets => {
  const alone = createTurns();

  const contentOf = (set: StoredSet | undefined, name: string): PluginContent | null =>
    set?.contents.get(name) ?? null;

  const stage = async (
    workspaceId: string,
    plugins: StagedPlugin[],
    change: Omit<PluginSwitch, 'generation'>,
    signal: AbortSignal,
  ): Promise<number> => {
    signal.throwIfAborted();
    await pass(life, 'sets.stage', workspaceId);
    signal.throwIfAborted();
    const own = ownSets(shelf, workspaceId);
    const before = own.sets.get(own.inForce) ?? null;
    const building = { previous: own.inForce, before, change, restoredFrom: null, signal };
    return build(workspaceId, own, want(plugins, before), building);
  };

  /** Builds a set with the next number, or finds that the highest one is what is to be built. */
  const build = async (
    workspaceId: string,
    own: OwnSets,
    wanted: Wanted[],
    { previous, before, change, restoredFrom, signal }: Building,
  ): Promise<number> => {
    const plugins = wanted.map(({ plugin }) => plugin);
    const setOf = (generation: number): Omit<StoredSet, 'contents' | 'builtAt'> => ({
      generation,
      previous,
      restoredFrom,
      plugins,
      switches: [...(before?.switches ?? []), { generation, ...change }].slice(-SWITCHES),
    });
    const highest = Math.max(previous, ...own.sets.keys());
    const latest = highest > previous ? own.sets.get(highest) : undefined;
    if (latest !== undefined && isAlike(latest, setOf(highest)) && isIntact(latest)) return highest;

    const contents = new Map<string, PluginContent>();
    for (const { plugin, carried } of wanted) {
      await pass(life, 'sets.build', workspaceId);
      signal.throwIfAborted();
      const cached = shelf.trees.get(plugin.treeHash);
      const content = cached?.treeHash === plugin.treeHash ? cached : carried;
      if (content === null) {
        throw new KeepwellError('PLUGIN_CACHE_DAMAGED', {
          message: `The cached plugin ${plugin.name} is damaged or gone.`,
        });
      }
      contents.set(plugin.name, content);
    }
    const generation = highest + 1;
    own.sets.set(generation, { ...setOf(generation), builtAt: now?.() ?? null, contents });
    await pass(life, 'sets.staged', workspaceId);
    return generation;
  };

  const activate = async (
    workspaceId: string,
    generation: number,
    { keep: needed, signal }: SwitchOptions,
  ): Promise<void> => {
    await pass(life, 'sets.switch', workspaceId);
    const own = ownSets(shelf, workspaceId);
    const set = own.sets.get(generation);
    if (set === undefined) throw noGeneration(generation);
    const replaced = own.inForce;
    if (replaced !== generation) {
      signal.throwIfAborted();
      own.inForce = generation;
    }
    await pass(life, 'sets.switched', workspaceId);
    prune(own, set, replaced, needed);
  };

  /** Keeps the one in force, the one it took over from, then the highest numbers; and what is needed. */
  const prune = (own: OwnSets, set: StoredSet, replaced: number, needed: readonly number[]): void => {
    const there = [...own.sets.keys()].toSorted((a, b) => b - a);
    const order = [...new Set([set.generation, replaced, set.previous, ...there])];
    const kept = order.filter((generation) => own.sets.has(generation)).slice(0, keep);
    for (const generation of there) {
      if (!kept.includes(generation) && !needed.includes(generation)) own.sets.delete(generation);
    }
  };

  const restore = async (workspaceId: string, to: number, options: SwitchOptions) => {
    await pass(life, 'sets.restore', workspaceId);
    const own = ownSets(shelf, workspaceId);
    const current = own.sets.get(own.inForce) ?? null;
    if (current?.restoredFrom === to) {
      const changed = lostContent(own.sets.get(current.previous) ?? null, current.plugins);
      return { generation: own.inForce, changed };
    }
    const source = own.sets.get(to);
    if (to !== 0 && source === undefined) throw noGeneration(to);
    const plugins = source?.plugins ?? [];
    const changed = lostContent(current, plugins);
    const wanted = plugins.map((plugin): Wanted => {
      const content = contentOf(source, plugin.name);
      // Bytes that are no longer what they were are no way back.
      return { plugin, carried: content?.treeHash === plugin.treeHash ? content : null };
    });
    const names = [...new Set([...changed, ...added(current, plugins)].map(({ name }) => name))];
    const previous = own.inForce;
    const generation = await build(workspaceId, own, wanted, {
      previous,
      before: current,
      change: { changed: names, restartNeeded: true },
      restoredFrom: to,
      signal: options.signal,
    });
    await activate(workspaceId, generation, { ...options, keep: [...options.keep, to, previous] });
    return { generation, changed };
  };

  const installed = async (workspaceId: string): Promise<InstalledSet> => {
    await pass(life, 'sets.look', workspaceId);
    const own = ownSets(shelf, workspaceId);
    const set = own.sets.get(own.inForce);
    const plugins = (set?.plugins ?? []).map((plugin) => ({
      ...plugin,
      actualHash: contentOf(set, plugin.name)?.treeHash ?? null,
    }));
    return {
      generation: own.inForce,
      plugins,
      switches: (set?.switches ?? []).map((made) => ({ ...made, changed: [...made.changed] })),
    };
  };

  const history: PluginSets['history'] = async (workspaceId) => {
    const own = ownSets(shelf, workspaceId);
    return [...own.sets.values()]
      .toSorted((a, b) => b.generation - a.generation)
      .map(({ generation, builtAt, restoredFrom, plugins, switches }) => ({
        generation,
        builtAt,
        restoredFrom,
        inForce: generation === own.inForce,
        changed: switches.find((made) => made.generation === generation)?.changed ?? [],
        plugins: [...plugins],
      }));
  };

  const download: PluginSets['download'] = async (workspaceId, name) => {
    const own = ownSets(shelf, workspaceId);
    const set = own.sets.get(own.inForce);
    const treeHash = set?.plugins.find((plugin) => plugin.name === name)?.treeHash;
    if (treeHash === undefined) throw new KeepwellError('PLUGIN_NOT_INSTALLED');
    const inSet = contentOf(set, name);
    const content = inSet?.treeHash === treeHash ? inSet : shelf.trees.get(treeHash);
    if (content === undefined) throw new KeepwellError('PLUGIN_NOT_INSTALLED');
    return { treeHash, open: () => bytesOf(content) };
  };

  return {
    installed: (id) => alone(id, () => installed(id)),
    stage: (id, plugins, change, signal) => alone(id, () => stage(id, plugins, change, signal)),
    activate: (id, generation, options) => alone(id, () => activate(id, generation, options)),
    restore: (id, to, options) => alone(id, () => restore(id, to, options)),
    history: (id) => alone(id, () => history(id)),
    download: (id, name) => alone(id, () => download(id, name)),
    generationInForce: (id) => alone(id, async () => ownSets(shelf, id).inForce),
  };
};

const want = (plugins: StagedPlugin[], before: StoredSet | null): Wanted[] => {
  const names = new Set<string>();
  return plugins.map((staged): Wanted => {
    const name = staged.from === 'cache' ? staged.plugin.name : staged.name;
    if (names.has(name)) throw new KeepwellError('PLUGIN_DUPLICATE');
    names.add(name);
    if (staged.from === 'cache') {
      const { source, revision, treeHash, manifestHash, coreHash, restart } = staged.plugin;
      return { plugin: { name, source, revision, treeHash, manifestHash, coreHash, restart }, carried: null };
    }
    const plugin = before?.plugins.find((known) => known.name === name);
    if (plugin === undefined) {
      throw new KeepwellError('PLUGIN_NOT_FOUND', { message: `The plugin ${name} is not installed.` });
    }
    return { plugin, carried: before?.contents.get(name) ?? null };
  });
};

const isAlike = (set: StoredSet, wanted: Omit<StoredSet, 'contents' | 'builtAt'>): boolean => {
  const { contents: _, builtAt: __, ...rest } = set;
  return JSON.stringify(rest) === JSON.stringify(wanted);
};

const isIntact = ({ plugins, contents }: StoredSet): boolean =>
  plugins.every(({ name, treeHash }) => contents.get(name)?.treeHash === treeHash);

/** What a set held that is not among `plugins` with the same content. */
const lostContent = (before: StoredSet | null, plugins: readonly RecordedPlugin[]): ContentName[] =>
  (before?.plugins ?? [])
    .filter(({ name, treeHash }) => !plugins.some((now) => now.name === name && now.treeHash === treeHash))
    .map(({ name, source, revision, treeHash }) => ({ name, source, revision, treeHash }));

const added = (before: StoredSet | null, plugins: readonly RecordedPlugin[]): RecordedPlugin[] =>
  plugins.filter(({ name }) => !before?.plugins.some((known) => known.name === name));

const noGeneration = (generation: number) =>
  new KeepwellError('PLUGIN_GENERATION_NOT_FOUND', {
    message: `There is no plugin generation ${generation} any more.`,
  });

/** The same bytes for the same content. */
async function* bytesOf({ files }: PluginContent): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const path of Object.keys(files).toSorted()) yield encoder.encode(`${path}\n${files[path]}\n`);
}
