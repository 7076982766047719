import { KeepwellError } from '../../../errors.ts';
import type { CachedPlugin, PluginCache } from '../../../reconcile/ports.ts';
import { CALM_LIFE, type Life, pass } from '../life.ts';
import type { MemoryShelf } from './memory-shelf.ts';
import type { PluginContent } from './plugin-content.ts';
import { isLocal, type PluginSources } from './plugin-sources.ts';

type Brought = { content: PluginContent; revision: string | null };

/**
 * Opens the content-addressed cache over a shelf.
 *
 * Boundaries: `plugins.resolve`, `plugins.fetch` (the source is asked), `plugins.store` (the content has come, the
 * shelf does not have it yet), `plugins.stored`, `plugins.verify`; each with the plugin's name in the place of a
 * workspace. What is thrown there is that call's failure.
 */
export const createMemoryCache = (
  shelf: MemoryShelf,
  sources: PluginSources,
  life: Life = CALM_LIFE,
): PluginCache => {
  const underWay = new Map<string, { done: Promise<Brought>; waiting: number; left: AbortController }>();

  const latest = (source: string) => {
    const found = sources.latest(source);
    if (found === null) throw new KeepwellError('PLUGIN_NOT_FOUND');
    return found;
  };

  /** What is known to be here needs no source. */
  const recall = (source: string, revision: string | null): PluginContent | null => {
    const hash = revision === null ? undefined : shelf.revisions.get(`${source}@${revision}`);
    return hash === undefined ? null : (shelf.trees.get(hash) ?? null);
  };

  const bring = async (
    name: string,
    source: string,
    wanted: string | null,
    signal: AbortSignal,
  ): Promise<Brought> => {
    await pass(life, 'plugins.fetch', name);
    signal.throwIfAborted();
    const { revision, content } = wanted === null ? latest(source) : exactly(source, wanted);
    await pass(life, 'plugins.store', name);
    signal.throwIfAborted();
    shelf.trees.set(content.treeHash, content);
    if (revision !== null) shelf.revisions.set(`${source}@${revision}`, content.treeHash);
    await pass(life, 'plugins.stored', name);
    return { content, revision };
  };

  const exactly = (source: string, revision: string): Brought => {
    const content = sources.at(source, revision);
    if (content === null) throw new KeepwellError('PLUGIN_NOT_FOUND');
    return { content, revision };
  };

  /** The same fetch once at a time; it goes on until the last who waits for it has left. */
  const share = async (
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Brought>,
  ): Promise<Brought> => {
    signal.throwIfAborted();
    let shared = underWay.get(key);
    if (shared === undefined) {
      const left = new AbortController();
      shared = { done: work(left.signal), waiting: 0, left };
      underWay.set(key, shared);
    }
    const joined = shared;
    joined.waiting += 1;
    const aborted = abortOf(signal);
    try {
      return await Promise.race([joined.done, aborted.promise]);
    } finally {
      aborted.forget();
      joined.waiting -= 1;
      if (joined.waiting === 0) {
        if (underWay.get(key) === joined) underWay.delete(key);
        joined.left.abort(signal.reason);
        joined.done.catch(() => undefined);
      }
    }
  };

  return {
    async resolve({ name, source }, signal) {
      signal.throwIfAborted();
      await untilAborted(signal, pass(life, 'plugins.resolve', name));
      const { revision, content } = latest(source);
      return { revision, treeHash: isLocal(source) ? content.treeHash : null };
    },

    async fetch({ name, source, sha256 }, revision, signal) {
      const exact = revision ?? fixedRevisionOf(source);
      const known = recall(source, exact);
      const { content, revision: got } =
        known === null
          ? await share(`${revision ?? ''} ${source}`, signal, (shared) =>
              bring(name, source, revision, shared),
            )
          : { content: known, revision: exact };
      const { treeHash, manifestHash } = content;
      if (sha256 !== undefined && sha256 !== treeHash && sha256 !== manifestHash) {
        throw new KeepwellError('PLUGIN_HASH_MISMATCH', {
          details: { declared: sha256, tree: treeHash, manifest: manifestHash },
        });
      }
      return cachedPlugin(name, source, got, content);
    },

    async verify({ name, treeHash }, signal) {
      signal.throwIfAborted();
      await untilAborted(signal, pass(life, 'plugins.verify', name));
      if (shelf.trees.get(treeHash)?.treeHash === treeHash) return;
      shelf.trees.delete(treeHash);
      throw new KeepwellError('PLUGIN_CACHE_DAMAGED', {
        message: `The cached plugin ${name} was damaged and dropped.`,
      });
    },
  };
};

/** What a source stands for whoever is asked, and whenever; null where that has to be looked up. */
const fixedRevisionOf = (source: string): string | null => /#([0-9a-f]{40})$/.exec(source)?.[1] ?? null;

const cachedPlugin = (
  name: string,
  source: string,
  revision: string | null,
  { treeHash, coreHash, manifestHash, runtimes, restart }: PluginContent,
): CachedPlugin => ({ name, source, revision, treeHash, coreHash, manifestHash, runtimes, restart });

const untilAborted = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  const aborted = abortOf(signal);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    aborted.forget();
  }
};

const abortOf = (signal: AbortSignal): { promise: Promise<never>; forget: () => void } => {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) };
};
