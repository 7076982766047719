/** What a reconcile needs of the plugin side of the world. */
import type {
  HeldPlugin,
  InstalledSet,
  PluginContent,
  PluginGeneration,
  PluginSwitch,
  Resolved,
} from '../../machines/reconcile/outcome.ts';
import type { PluginDeclaration, RestartPreference, WorkspaceSpec } from '../../machines/workspace/spec.ts';

/** What a workspace is to have, at the moment of asking. */
export type Wanted = {
  spec: WorkspaceSpec;
  held: readonly HeldPlugin[];
  /** The plugin generations that a rollback may need, beside the latest ones. */
  keep: readonly number[];
};

/** A verified plugin in the content-addressed cache. */
export type CachedPlugin = {
  name: string;
  source: string;
  revision: string | null;
  treeHash: string;
  /** SHA-256 of `plugin.yaml`; null when there is none. */
  manifestHash: string | null;
  /** What the agent has to be built on, from the manifest; empty when any will do. */
  runtimes: string[];
  /** The same hash without `SKILL.md` files: while it is equal, no restart is due. */
  coreHash: string;
  /** From the manifest; `auto` when it says nothing. */
  restart: RestartPreference;
};

export interface PluginCache {
  /** Resolves a reference without fetching its content. Rejects with a `KeepwellError` whose code names the cause. */
  resolve(declaration: PluginDeclaration, signal: AbortSignal): Promise<Resolved>;
  /**
   * Brings one plugin into the cache and checks all of it; cheap when it is there. Concurrent calls for the same
   * content share one fetch. With `revision`, exactly that revision is used, whatever the reference says now.
   */
  fetch(declaration: PluginDeclaration, revision: string | null, signal: AbortSignal): Promise<CachedPlugin>;
  /** Hashes the cached bytes again; a damaged entry is dropped and rejected with `PLUGIN_CACHE_DAMAGED`. */
  verify(plugin: CachedPlugin, signal: AbortSignal): Promise<void>;
}

/** One plugin of a set that is being built: from the cache, or carried over from the set in force. */
export type StagedPlugin = { from: 'cache'; plugin: CachedPlugin } | { from: 'installed'; name: string };

/** The numbered, complete, immutable sets of plugins that a workspace has had. */
export interface PluginSets {
  /** What is on disk now, every plugin hashed anew. An absent or unreadable folder is an empty set. */
  installed(workspaceId: string): Promise<InstalledSet>;
  /**
   * Builds a complete set beside the one in force and returns its number. Not visible until `activate`.
   * What it changes is recorded with it, so that a reconcile that dies right after the switch is accounted for.
   */
  stage(
    workspaceId: string,
    plugins: StagedPlugin[],
    change: Omit<PluginSwitch, 'generation'>,
    signal: AbortSignal,
  ): Promise<number>;
  /**
   * Puts a staged set in force with one rename; the one before it and those in `keep` stay for a rollback.
   * Twice is harmless. Once `signal` has aborted, nothing is switched.
   */
  activate(
    workspaceId: string,
    generation: number,
    options: { keep: readonly number[]; signal: AbortSignal },
  ): Promise<void>;
  /**
   * Puts what generation `to` held in force again, as a new generation; 0 is the empty set. Repeating it while its
   * result is in force changes nothing and gives the same answer.
   *
   * @returns the new number, and the content that was in force before and is not any more.
   * @throws {KeepwellError} `PLUGIN_GENERATION_NOT_FOUND`
   */
  restore(
    workspaceId: string,
    to: number,
    options: { keep: readonly number[]; signal: AbortSignal },
  ): Promise<{ generation: number; changed: PluginContent[] }>;
  /** The generations on disk, the newest first. */
  history(workspaceId: string): Promise<PluginGeneration[]>;
  /**
   * One plugin of the set in force as a tar.gz, the same bytes for the same content.
   * @throws {KeepwellError} `PLUGIN_NOT_INSTALLED`
   */
  download(workspaceId: string, name: string): Promise<PluginDownload>;
  /** Number of the set in force; 0 when there is none. Reads no plugin. */
  generationInForce(workspaceId: string): Promise<number>;
}

/** Where a reconcile leaves a line for people to follow: `plugin.fetched`, `plugins.switched`… */
export type Note = (
  workspaceId: string,
  event: string,
  details: Record<string, string | number | boolean | null | string[]>,
) => void;

/** Told when a plugin is being fetched; what is returned is told `fetched`, or the code of its failure. */
export type PluginBegan = (workspaceId: string, plugin: string) => (result: string) => void;

/** `open` begins the stream; who only compares the hash need not. */
export type PluginDownload = { treeHash: string; open(): AsyncIterable<Uint8Array> };
