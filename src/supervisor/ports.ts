/** What the supervisor needs of the world. `main.ts` hands it in; nothing here is imported from the hands. */
import type {
  HeldPlugin,
  InstalledSet,
  PlanEntry,
  PluginContent,
  PluginGeneration,
  Resolved,
} from '../../machines/reconcile/outcome.ts';
import type { reconcileMachine } from '../../machines/reconcile/reconcile.machine.ts';
import type { DurationMs, EpochMs, Stamp } from '../../machines/time.ts';
import type { BeatHistory, BeatMinute } from '../../machines/workspace/beat-minute.ts';
import type { ContainerSettings } from '../../machines/workspace/container.ts';
import type { PluginDeclaration, RuntimeName, WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { Declined, WorkspaceContext } from '../../machines/workspace/types.ts';
import type { AuditTrail } from './audit-port.ts';
import type { NotifyChange, Outbox } from './outbox-port.ts';
import type { ScheduleMark, ShownReason } from './schedule-port.ts';

/** The only source of time. */
export interface Clock {
  now(): EpochMs;
  /** Calls `run` once, at `at` or as soon after it as possible; returns what cancels it. Any distance is allowed. */
  schedule(at: EpochMs, run: () => void): () => void;
  /** Gives everything else that waits its turn. */
  yield(): Promise<void>;
}

/** The only source of randomness and ids. */
export interface Dice {
  /** Uniform in [0, 1). */
  roll(): number;
  /** A new workspace id: 26 lower-case characters, sortable by time. */
  workspaceId(): string;
  /** A new secret token, at least 256 bits: for an agent, a person who may look, or a relay. */
  token(of?: 'agent' | 'viewer' | 'relay'): string;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What of an actor is stored: children are never restored, so they are not kept. */
export type StoredSnapshot = { machineVersion: number; value: unknown; context: WorkspaceContext };

export type JournalDraft = {
  at: EpochMs;
  /** `noun.verbed`: a machine event, or a note such as `plugin.fetched`. */
  event: string;
  /** Leaf states by dotted path. Equal for a note. `from` is null for the first row, and when what was stored cannot be read. */
  from: string | null;
  to: string;
  reason: ShownReason | null;
  /** A transition's whole event, from which it can be replayed; a note's details. */
  cause: Json;
  kind: 'transition' | 'note';
  /** Where the machine was that the workspace had invoked, e.g. `fetching`; only of a note, and only while one ran. */
  child?: string;
};

/** `seq` rises over the whole installation and is never used twice. */
export type JournalEntry = JournalDraft & { seq: number; workspaceId: string };

/** What was stored of a workspace when row `seq` was the last of its journal; as stored. */
export type Checkpoint = { seq: number; raw: string };

/**
 * A token at rest. `hash` is SHA-256 in hex; `incarnation` is null for one that outlives incarnations; `expiresAt` is
 * null until another one replaces it.
 */
export type TokenRow = {
  hash: string;
  workspaceId: string;
  incarnation: number | null;
  createdAt: EpochMs;
  expiresAt: EpochMs | null;
};

/** The token of a person, at rest. `hash` is SHA-256 in hex. */
export type AccessTokenRow = {
  id: string;
  name: string;
  role: 'viewer' | 'relay';
  hash: string;
  createdAt: EpochMs;
};

/** A secret at rest. `workspaceId` is null for one that every workspace gets. */
export type SecretRow = {
  workspaceId: string | null;
  name: string;
  /** Which key opens it. */
  keyId: string;
  /** Base64. */
  nonce: string;
  sealed: string;
  updatedAt: EpochMs;
};
export type SecretPlace = Pick<SecretRow, 'workspaceId' | 'name'>;

/** What a source was last found to stand for. */
export type DriftRow = Resolved & { source: string; checkedAt: EpochMs };

/** What the last beat said. Kept in memory, flushed in groups; losing the last few seconds of it is allowed. */
export type Presence = {
  lastHeartbeatAt: EpochMs | null;
  leaseExpiresAt: EpochMs | null;
  errorRate: number | null;
  sampleError: string | null;
  activeTasks: number | null;
  currentTask: string | null;
  uptimeSeconds: number | null;
};

/** All that one decision changes; committed together or not at all. */
export type Change = {
  workspaceId: string;
  snapshot?: StoredSnapshot;
  journal?: JournalDraft[];
  spec?: { spec: WorkspaceSpec; generation: number };
  card?: { agentCard: Json; url: string | null };
  /** Added; older tokens of the workspace stay, but for those of incarnations before `forgetBefore`. */
  token?: TokenRow & { forgetBefore: number };
  /** Its own secrets that are new or changed, and the names of those that go. */
  secrets?: { set: SecretRow[]; forget: string[] };
  schedule?: ScheduleMark;
  /** Ends the workspace: its tokens, secrets and presence go, its journal stays. */
  removedAt?: EpochMs;
  /** Keeps an unreadable snapshot for inspection. */
  quarantine?: { raw: string; error: string };
  /** Whom its journal rows are told to. */
  notify?: NotifyChange;
};

export type NewWorkspace = Required<Pick<Change, 'workspaceId' | 'snapshot' | 'journal' | 'spec'>> & {
  createdAt: EpochMs;
  token: TokenRow | null;
  secrets: SecretRow[];
  idempotency: { key: string; digest: string; response: Json } | null;
};

export type LoadedWorkspace = {
  workspaceId: string;
  spec: WorkspaceSpec;
  generation: number;
  createdAt: EpochMs;
  agentCard: Json;
  url: string | null;
  /** As stored; parsing and migrating it is the supervisor's business. */
  rawSnapshot: string;
  presence: Presence | null;
  /** Null before its schedule, or an operator beside it, has acted. */
  schedule: ScheduleMark | null;
  tokens: TokenRow[];
};

export type StoreHealth = {
  writable: boolean;
  /** Since when it is not, and why. */
  since: EpochMs | null;
  problem: string | null;
  /** Changes waiting for a commit. */
  pending: number;
};

export type JournalPage = {
  after?: number;
  before?: number;
  limit: number;
  order?: 'asc' | 'desc';
  events?: readonly string[];
};

export interface Store extends Outbox, AuditTrail {
  /** Every workspace that is not removed. An unreadable spec row throws `STORE_DAMAGED`. */
  load(): LoadedWorkspace[];
  isRemoved(workspaceId: string): boolean;
  /**
   * Writes a new workspace with its first snapshot in one transaction.
   * @throws `STORE_UNWRITABLE`; then nothing of it exists.
   */
  create(workspace: NewWorkspace): Promise<void>;
  /**
   * Queues a change for the next commit and resolves when it is on disk.
   * A failed commit rejects with `STORE_UNWRITABLE`, but the change stays queued, in order, and is tried again.
   */
  commit(change: Change): Promise<void>;
  /** @throws `STORE_UNWRITABLE`; then the token does not exist. */
  addToken(token: TokenRow): Promise<void>;
  /**
   * Adds a token that outlives incarnations; those before it are good until `retireAt`, or less long where they would
   * have been anyway. The latest 8 of them are kept. @throws `STORE_UNWRITABLE`; then nothing of it is so.
   */
  rotateToken(token: TokenRow, retireAt: EpochMs): Promise<void>;
  /** Those of people that are not revoked, the oldest first. */
  accessTokens(): AccessTokenRow[];
  /** @throws `TOKEN_EXISTS`; `STORE_UNWRITABLE`: then the token does not exist */
  addAccessToken(token: AccessTokenRow): Promise<void>;
  /** @throws `STORE_UNWRITABLE`; then the token is still good. */
  revokeAccessToken(id: string, at: EpochMs): Promise<void>;
  /** Every secret of workspaces that are not removed, and the global ones. */
  secrets(): SecretRow[];
  /** Writes global secrets, or any after their key was changed. All or nothing. @throws `STORE_UNWRITABLE` */
  saveSecrets(change: { set: SecretRow[]; forget: SecretPlace[] }): Promise<void>;
  /** What sources were last found to stand for; of sources that are not in use any more too. */
  drift(): DriftRow[];
  saveDrift(change: { set: DriftRow[]; forget: string[] }): Promise<void>;
  /** Resolves when all that was queued so far is on disk, however long that takes; rejects when `signal` aborts. */
  settled(signal?: AbortSignal): Promise<void>;
  savePresence(rows: { workspaceId: string; presence: Presence }[]): Promise<void>;
  /**
   * Adds to what is known of these minutes: beats are summed up, of gaps the longest stays. Only the latest minutes of
   * a workspace are kept; those of one that is removed go with it. @throws `STORE_UNWRITABLE`
   */
  saveBeats(minutes: BeatMinute[]): Promise<void>;
  /** Of the minutes that began at `since` or later; `gaps` are those of at least `gapsFromMs`. */
  beats(workspaceId: string, range: { since: EpochMs; gapsFromMs: DurationMs }): BeatHistory;
  /**
   * Rows of one workspace, or of all with null. Ascending from `after` (exclusive), or descending from `before`.
   * `events`: only rows of these.
   */
  journal(workspaceId: string | null, page: JournalPage): JournalEntry[];
  /** The latest checkpoint of a workspace at or before `seq`; null when there is none. */
  checkpoint(workspaceId: string, seq: number): Checkpoint | null;
  /** How many rows of a journal its cap has taken: all between its first row and the latest ones. */
  droppedRows(workspaceId: string): number;
  /** Called after each commit that wrote journal rows. Returns what ends it. */
  onJournal(listener: () => void): () => void;
  lastSeq(): number;
  idempotent(key: string): { digest: string; response: Json } | null;
  health(): StoreHealth;
  close(): Promise<void>;
}

/** All that is needed to start one incarnation. */
export type InstanceSpec = {
  workspaceId: string;
  incarnation: number;
  command: string[];
  sidecar: boolean;
  /** What its container is given; null when it runs in none. */
  container: ContainerSettings | null;
  env: Record<string, string>;
  token: string;
  /** Where this supervisor listens, e.g. `http://127.0.0.1:7420`. */
  url: string;
};

/** What of an instance is known before it is its turn. */
export type InstanceWish = Pick<InstanceSpec, 'workspaceId' | 'command' | 'sidecar' | 'container' | 'env'>;

export type Instance = { workspaceId: string; incarnation: number; startedAt: EpochMs; pid: number | null };

/** `code` and `signal` are null when the instance was not ours to wait for (adopted after our restart). */
export type InstanceExit = {
  workspaceId: string;
  incarnation: number;
  code: number | null;
  signal: string | null;
};

export type LogLine = string;

/** Runs instances in one way. Every method may be called twice; an error always means "cannot tell". */
export interface Runtime {
  readonly name: RuntimeName;
  /** Whether instances are ours to start and stop. False for `external`. */
  readonly owned: boolean;
  /** Says why such an instance can certainly not start, or null. Touches nothing that runs. */
  check(spec: InstanceWish): Promise<Declined | null>;
  /** The running instance, adopted so that its exit is noticed; null only when there certainly is none. */
  find(workspaceId: string): Promise<Instance | null>;
  /** Starts an instance after any other one of the workspace is gone. */
  start(spec: InstanceSpec): Promise<Instance>;
  /** Asks, waits `graceMs`, insists; resolves when nothing of the workspace runs any more. */
  stop(workspaceId: string, graceMs: DurationMs): Promise<void>;
  /** Removes what the runtime keeps of a stopped workspace; with `purge` its files too. */
  destroy(workspaceId: string, options: { purge: boolean }): Promise<void>;
  /** Called once for each exit that no `stop` asked for. Returns what ends it. */
  onExit(listener: (exit: InstanceExit) => void): () => void;
  /** Stops every instance of this installation whose workspace is not known; returns their workspace ids. */
  sweep(isKnown: (workspaceId: string) => boolean): Promise<string[]>;
  /** The last `tail` lines of output, oldest first; with `follow`, goes on until `signal` aborts. */
  logs(
    workspaceId: string,
    options: { tail: number; follow: boolean; signal?: AbortSignal },
  ): AsyncIterable<LogLine>;
  /** Stops watching. Never stops an instance. */
  close(): Promise<void>;
}

/** What a reconciler needs of the supervisor that runs it. */
export interface ReconcilerHost {
  /** What it is to have now. @throws `WORKSPACE_NOT_FOUND` */
  wantedOf(workspaceId: string): {
    spec: WorkspaceSpec;
    held: readonly HeldPlugin[];
    keep: readonly number[];
  };
  stamp(): Stamp;
  /** Resolves when the state that asked for the work is on disk. */
  settled(signal: AbortSignal): Promise<void>;
  /** Aborts when the actor that asked for the work is gone, whichever way. */
  lifeOf(workspaceId: string): AbortSignal;
  /** A plugin is being fetched; what is returned is told `fetched`, or the code of its failure. */
  pluginBegan(workspaceId: string, plugin: string): (result: string) => void;
  /** Leaves a line in the journal. */
  note(workspaceId: string, event: string, details: Json): void;
}

/** Closes the difference between declared and installed plugins, and shows it. */
export interface Reconciler {
  machine: typeof reconcileMachine;
  /** What a reconcile would do now; with `spec`, if that were declared. Null for a workspace that is not there yet. */
  plan(workspaceId: string | null, options?: PlanOptions): Promise<PlanEntry[]>;
  /** Refuses what the workspace may not have any more. @throws `PLUGIN_NOT_ALLOWED`, `PLUGIN_GENERATION_NOT_FOUND` */
  checkRestorable(workspaceId: string, to: number): Promise<void>;
  /** Puts what generation `to` held in force again. @throws `PLUGIN_GENERATION_NOT_FOUND` */
  restore(
    workspaceId: string,
    to: number,
    signal: AbortSignal,
  ): Promise<{ generation: number; changed: PluginContent[] }>;
  history(workspaceId: string): Promise<PluginGeneration[]>;
  /** What a declared reference stands for now. Rejects with a `KeepwellError`. */
  resolve(declaration: PluginDeclaration, signal: AbortSignal): Promise<Resolved>;
  /** @throws `PLUGIN_NOT_INSTALLED` */
  download(workspaceId: string, plugin: string): Promise<PluginDownload>;
  installed(workspaceId: string): Promise<InstalledSet>;
  /** Number of the plugin generation in force; 0 when there is none. Reads no plugin. */
  generationInForce(workspaceId: string): Promise<number>;
}

/** `refresh`: follow every reference, which takes the network; otherwise what was recorded is trusted. */
export type PlanOptions = { spec?: WorkspaceSpec; refresh?: boolean; signal?: AbortSignal };

/** `open` begins the stream; who only compares the hash need not. */
export type PluginDownload = { treeHash: string; open(): AsyncIterable<Uint8Array> };

/** Seals and opens secrets. Which key did it is told by its id alone. */
export interface Vault {
  seal(place: SecretPlace, value: string, at: EpochMs): SecretRow;
  /** @throws `SECRET_KEY_LOST` */
  open(row: SecretRow): string;
  /** Makes a new key the one that seals, keeps the older ones for opening. Returns what forgets those. */
  rotate(): { forgetOlder(): void };
}
