import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';
import { checkAllowed } from './allow-list.ts';
import { createCoalescer } from './coalesce.ts';
import { collectGarbage, type Freed, type GarbageOptions } from './collect-garbage.ts';
import { isFullSha } from './git/git-ref.ts';
import type { GitOptions } from './git/run-git.ts';
import type { SshOptions } from './git/ssh-environment.ts';
import { DEFAULT_LIMITS, type PluginLimits } from './limits.ts';
import { parsePluginName } from './name.ts';
import type { Lookup } from './net/public-address.ts';
import { createPlaces } from './places.ts';
import { createRevisionMemo } from './revision-memo.ts';
import { parseSource, printSource, type Source } from './source.ts';
import { createArchiveReader } from './sources/archive-reader.ts';
import { onForge } from './sources/forge-form.ts';
import { createForgeReader } from './sources/forge-reader.ts';
import { gitAddress } from './sources/git-form.ts';
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
  /** Where `github://` is. Default https://github.com. */
  githubUrl?: string;
  /** Where `gitea://` is; null, the default, for nowhere. */
  giteaUrl?: string | null;
  /** The token for a host, asked for whenever it is reached. Default: none. */
  tokenFor?: (host: string) => string | null;
  /** Private key and host keys for `git+ssh`. Default: what ssh finds by itself. */
  ssh?: Partial<SshOptions>;
  /** Looks up names; for trying out what lies. */
  lookup?: Lookup;
  /** Patterns of sources that may be used; null, the default, allows all, an empty list none. */
  allow?: readonly string[] | null;
  /** Fetches of one host at a time. Default 4. Over all hosts it is four times as many. */
  atOnce?: number;
  /** Stamps what is added. */
  now?: () => number;
};

const GITHUB = 'https://github.com';

/** A plugin in the cache: complete, checked, and never changed. */
export type CachedPlugin = StoredTree & { name: string; source: string; revision: string | null };

/** The one way by which plugins come in. */
export type PluginCache = {
  /** What a declaration's source stands for now. Fetches nothing. */
  resolve(declaration: PluginDeclaration, signal: AbortSignal): Promise<Resolution>;
  /** Brings a plugin in, or finds it. A known revision needs no network. */
  fetch(declaration: PluginDeclaration, revision: string | null, signal: AbortSignal): Promise<CachedPlugin>;
  /** Hashes a cached plugin again, and drops it if it is damaged. */
  verify(plugin: CachedPlugin, signal: AbortSignal): Promise<void>;
  /** Removes what no workspace and no declared source needs, once it was not used for a while. */
  collectGarbage(needs: GarbageNeeds): Promise<Freed>;
};

type GarbageNeeds = Pick<GarbageOptions, 'sets' | 'workspaceIds' | 'unusedForMs'> & {
  /** Of all declared plugins, in normal form. */
  sources: readonly string[];
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
  const places = createPlaces(options.atOnce ?? 4);

  const allowPrivateAddresses = options.allowPrivateAddresses ?? false;
  const tokenFor = options.tokenFor ?? (() => null);
  const git = createGitReader({
    git: options.git,
    env: options.env,
    memoryBytes: options.memoryBytes,
    mirrorsFolder: join(cacheFolder, 'git'),
    limits,
    allowFileUrls: options.allowFileUrls ?? false,
    allowPrivateAddresses,
    tokenFor,
    ssh: { key: null, knownHosts: null, ...options.ssh },
    lookup: options.lookup,
  });
  const readers = {
    local: createLocalReader(registryFolder, limits),
    git,
    github: createForgeReader(git, options.githubUrl ?? GITHUB),
    gitea: createForgeReader(git, options.giteaUrl ?? null),
    archive: createArchiveReader({
      stagingFolder: join(cacheFolder, 'staging'),
      limits,
      allowPrivateAddresses,
      tokenFor,
      lookup: options.lookup,
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
  const run = <T>(
    source: Source,
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> =>
    explained(signal, () =>
      share(key, signal, (shared) =>
        places(hostOf(source, options), () => within(fetchWithinMs, shared, work)),
      ),
    );

  /** What is known to be here already waits for nobody. */
  const recall = async (source: Source, revision: string | null): Promise<Fetched | null> => {
    const known = revision === null ? null : await memo.recall(source, revision);
    const found = known === null ? null : await store.find(known);
    return found === null ? null : { ...found, revision };
  };

  /** Who may not use a source learns nothing of it, not even what is cached. */
  const parseAllowed = ({ source: text }: PluginDeclaration): Source => {
    const source = parseSource(text);
    if (options.allow) checkAllowed(printSource(source), options.allow);
    return source;
  };

  return {
    async resolve(declaration, signal) {
      const source = parseAllowed(declaration);
      return run(source, `resolve ${printSource(source)}`, signal, (shared) =>
        readerOf(source).resolve(source, shared),
      );
    },

    async fetch(declaration, revision, signal) {
      const name = parsePluginName(declaration.name);
      const source = parseAllowed(declaration);
      const text = printSource(source);
      const key = `fetch ${revision ?? ''} ${text}`;
      const fetched =
        (await explained(signal, () => recall(source, revision ?? fixedRevisionOf(source)))) ??
        (await run(source, key, signal, (shared) => bring(source, revision, shared)));
      const { sha256 } = declaration;
      const { treeHash, manifestHash } = fetched;
      if (sha256 !== undefined && sha256 !== treeHash && sha256 !== manifestHash) {
        throw new KeepwellError('PLUGIN_HASH_MISMATCH', {
          details: { declared: sha256, tree: treeHash, manifest: manifestHash },
        });
      }
      return { name, source: text, ...fetched };
    },

    collectGarbage: ({ sources, ...needs }) =>
      collectGarbage({
        ...needs,
        cacheFolder,
        store,
        addresses: addressesOf(sources, options),
        now: options.now ?? Date.now,
        signal: NEVER,
      }),

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

const NEVER = new AbortController().signal;

/** The repository that a source is in, as git is told it. */
const addressOf = (source: Source, { githubUrl, giteaUrl }: PluginCacheOptions): string[] => {
  if (source.kind === 'git') return [gitAddress(source)];
  if (source.kind === 'github') return [gitAddress(onForge(source, githubUrl ?? GITHUB))];
  return source.kind === 'gitea' && giteaUrl ? [gitAddress(onForge(source, giteaUrl))] : [];
};

/** Null where a source makes no sense any more: then nobody knows which repositories are needed. */
const addressesOf = (sources: readonly string[], options: PluginCacheOptions): string[] | null => {
  try {
    return sources.flatMap((text) => addressOf(parseSource(text), options));
  } catch {
    return null;
  }
};

/** What a source stands for whoever is asked, and whenever; null where that has to be looked up. */
const fixedRevisionOf = (source: Source): string | null => {
  if (source.kind === 'archive') return source.sha256;
  return 'ref' in source && isFullSha(source.ref) ? source.ref : null;
};

/** What is shared by those who wait for the same server; null for what is on this machine. */
const hostOf = (source: Source, options: PluginCacheOptions): string | null => {
  if (source.kind === 'local') return null;
  const [address = source.kind === 'archive' ? source.url : ''] = addressOf(source, options);
  return URL.parse(address)?.host ?? address;
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
