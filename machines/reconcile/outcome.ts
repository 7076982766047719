import type { EpochMs, Stamp } from '../time.ts';
import type { PluginDeclaration, RestartPreference } from '../workspace/spec.ts';

/** A plugin found on disk: what the lock says of it, and what its bytes hash to now. */
export type InstalledPlugin = {
  name: string;
  source: string;
  /** What the reference resolved to (a commit), where the source has such a thing. */
  revision: string | null;
  /** Hash recorded when it was installed. */
  treeHash: string;
  /** SHA-256 of `plugin.yaml`; null when there is none. */
  manifestHash: string | null;
  /** The same without `SKILL.md` files: while it is equal, no restart is due. */
  coreHash: string;
  /** Hash of the bytes on disk now; null when the folder is gone or unreadable. */
  actualHash: string | null;
  restart: RestartPreference;
};

/** How one plugin generation came to differ from the one before it, as recorded when it was built. */
export type PluginSwitch = { generation: number; changed: string[]; restartNeeded: boolean };

/** The set of plugins a workspace has: the one that its `plugins` link names. 0 when there is none yet. */
export type InstalledSet = {
  generation: number;
  plugins: InstalledPlugin[];
  /** The latest switches, ascending, the one in force last. */
  switches: PluginSwitch[];
};

/** What was put into a plugin generation: the part of an `InstalledPlugin` that does not change. */
export type RecordedPlugin = Omit<InstalledPlugin, 'actualHash'>;

/** A plugin generation that is still on disk. */
export type PluginGeneration = {
  generation: number;
  /** When it was built; null when nobody wrote that down. */
  builtAt: EpochMs | null;
  /** The generation whose plugins it holds again; null when it is not a rollback. */
  restoredFrom: number | null;
  inForce: boolean;
  /** Names of what differs from the generation before it. */
  changed: string[];
  plugins: RecordedPlugin[];
};

/** Which content of a plugin is meant. */
export type PluginContent = { name: string; source: string; revision: string | null; treeHash: string };

/**
 * Content that is not to be installed, although it is declared.
 *
 * `quarantined`: it made its agent crash. `suspected`: one of several that may have; it is tried again by itself.
 * `rolled-back`: an operator went back to an earlier plugin generation.
 */
export type HeldPlugin = PluginContent & { why: 'quarantined' | 'suspected' | 'rolled-back'; since: EpochMs };

/** `hold`: what is declared may not be installed; what is there stays. */
export type PlanAction = 'keep' | 'add' | 'update' | 'remove' | 'hold';

/** What a reference stands for. `treeHash` is known without fetching only for local sources. */
export type Resolved = { revision: string | null; treeHash: string | null };

/** What is to happen to one plugin, and why. */
export type PlanEntry = {
  name: string;
  action: PlanAction;
  /** One phrase: `not installed`, `source changed`, `changed on disk`, `no longer declared`… */
  why: string;
  /** Whether the action can make a restart due; the bytes decide for an update. */
  restart: boolean;
  /** What the reference was found to stand for now; null where nobody looked. */
  resolved: Resolved | null;
  declaration: PluginDeclaration | null;
  installed: InstalledPlugin | null;
};

/** Why one plugin is not installed. `code` is from the error catalogue. */
export type PluginFailure = { name: string; source: string; code: string; message: string };

/** A failure as the workspace remembers it, with when it is tried again. */
export type BlockedPlugin = PluginFailure & { attempt: number; retryAt: EpochMs };

/** A reconcile that could not even be carried out: the disk is full, a folder is unreadable. */
export type ReconcileError = { code: string; message: string };

/** What a reconcile came to. */
export type ReconcileOutcome = Stamp & {
  /** Names of the plugins that were added, updated or removed. */
  changed: string[];
  failed: PluginFailure[];
  error: ReconcileError | null;
  restartNeeded: boolean;
  /** Number of the plugin generation in force afterwards; 0 when there is none. */
  generation: number;
  /** How many declared plugins are in place afterwards. */
  installed: number;
};
