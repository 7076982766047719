import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginDeclaration, RestartPreference } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';
import { createCoalescer } from './coalesce.ts';
import type { GitOptions } from './git/run-git.ts';
import { DEFAULT_LIMITS, type PluginLimits } from './limits.ts';
import { parsePluginName } from './name.ts';
import { createRevisionMemo } from './revision-memo.ts';
import { parseSource, printSource, type Source } from './source.ts';
import { createGitReader } from './sources/git-reader.ts';
import { createLocalReader } from './sources/local-reader.ts';
import type { Resolution, SourceReader } from './sources/source-reader.ts';
import { hashTree } from './tree/hash-tree.ts';
import { createTreeStore, type StoredTree, treeFolder } from './tree-store.ts';
import { within } from './within.ts';

export type PluginCacheOptions = GitOptions & {
  /** Everything in it can be had again; one process at a time may use it. */
  cacheFolder: string;
  /** Folder of the plugins offered as `local://name`. */
  registryFolder: string;
  /** Milliseconds that one plugin may take. Default 5 min. */
  fetchWithinMs?: number;
  limits?: Partial<PluginLimits>;
  /** Lets `git+file` read this machine's repositories. Default false. */
  allowFileUrls?: boolean;
  /** Lets remote sources be on private, loopback and link-local addresses. Default false. */
  allowPrivateAddresses?: boolean;
  /** Stamps what is added. */
  now?: () => number;
};

/** A plugin in the cache: complete, checked, and never changed. */
export type CachedPlugin = {
  name: string;
  source: string;
  revision: string | null;
  treeHash: string;
  coreHash: string;
  restart: RestartPreference;
};

/** The one way by which plugins come in. */
export type PluginCache = {
  /** What a declaration's source stands for now. Fetches nothing. */
  resolve(declaration: PluginDeclaration, signal: AbortSignal): Promise<Resolution>;
  /** Brings a plugin in, or finds it. A known revision needs no network. */
  fetch(declaration: PluginDeclaration, revision: string | null, signal: AbortSignal): Promise<CachedPlugin>;
  /** Hashes a cached plugin again, and drops it if it is damaged. */
  verify(plugin: CachedPlugin, signal: AbortSignal): Promise<void>;
};

/**
 * Opens the content-addressed cache. Leftovers of a process that was killed are removed.
 *
 * All three methods reject with a `KeepwellError` whose code names the cause, or with the signal's reason when it
 * aborts. Calls for the same content share one fetch, which goes on until the last caller has left. What `fetch`
 * returned is on disk: it survives a kill and a power cut. A name in `plugin.yaml` that differs from the declared one
 * is no error: the declared name is the folder's.
 */
export const createPluginCache = (options: PluginCacheOptions): PluginCache => {
  const { cacheFolder, registryFolder, fetchWithinMs = 300_000 } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  mkdirSync(cacheFolder, { recursive: true });
  const store = createTreeStore(cacheFolder, options.now);
  const memo = createRevisionMemo(join(cacheFolder, 'revisions'));
  const share = createCoalescer();

  const readers = {
    local: createLocalReader(registryFolder, limits),
    git: createGitReader({
      git: options.git,
      env: options.env,
      mirrorsFolder: join(cacheFolder, 'git'),
      limits,
      allowFileUrls: options.allowFileUrls ?? false,
      allowPrivateAddresses: options.allowPrivateAddresses ?? false,
    }),
  };
  const readerOf = (source: Source) => readers[source.kind] as SourceReader<Source>;

  const bring = async (source: Source, wanted: string | null, signal: AbortSignal): Promise<Fetched> => {
    const { revision, treeHash } =
      wanted === null ? await readerOf(source).resolve(source, signal) : { revision: wanted, treeHash: null };
    const known = treeHash ?? (revision === null ? null : await memo.recall(source, revision));
    const found = known === null ? null : await store.find(known);
    if (found !== null) return { ...found, revision };
    const added = await store.add(readerOf(source).read(source, revision, signal), { limits, signal });
    if (revision !== null) await memo.remember(source, revision, added.treeHash);
    return { ...added, revision };
  };

  /** The same work once at a time, and within its time. */
  const run = <T>(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    explained(signal, () => share(key, signal, (shared) => within(fetchWithinMs, shared, work)));

  return {
    async resolve(declaration, signal) {
      const source = parseSource(declaration.source);
      return run(`resolve ${printSource(source)}`, signal, (shared) =>
        readerOf(source).resolve(source, shared),
      );
    },

    async fetch(declaration, revision, signal) {
      const name = parsePluginName(declaration.name);
      const source = parseSource(declaration.source);
      const text = printSource(source);
      const key = `fetch ${revision ?? ''} ${text}`;
      const fetched = await run(key, signal, (shared) => bring(source, revision, shared));
      if (declaration.sha256 !== undefined && declaration.sha256 !== fetched.treeHash) {
        throw new KeepwellError('PLUGIN_HASH_MISMATCH', {
          details: { declared: declaration.sha256, actual: fetched.treeHash },
        });
      }
      return { name, source: text, ...fetched };
    },

    verify: (plugin, signal) =>
      explained(signal, async () => {
        const options = { limits, signal };
        const now = await hashTree(treeFolder(cacheFolder, plugin.treeHash), options).catch(
          (error: unknown) => {
            if (signal.aborted) throw error;
            return null;
          },
        );
        if (now?.treeHash === plugin.treeHash && now.coreHash === plugin.coreHash) return;
        await store.drop(plugin.treeHash);
        throw new KeepwellError('PLUGIN_CACHE_DAMAGED', {
          message: `The cached plugin ${plugin.name} was damaged and dropped.`,
        });
      }),
  };
};

type Fetched = StoredTree & { revision: string | null };

/** Gives every failure a code. What the system says is told by its code alone: its sentence contains paths. */
const explained = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KeepwellError || signal.aborted) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unexpected error';
    throw new KeepwellError('PLUGIN_FETCH_FAILED', {
      message: `The plugin could not be fetched: ${code}.`,
      cause: error,
    });
  }
};
