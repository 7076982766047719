/** What the supervisor offers to the edge (HTTP). Every promise that reports a change resolves after its commit. */
import type {
  BlockedPlugin,
  HeldPlugin,
  InstalledSet,
  PlanEntry,
  PluginGeneration,
} from '../../machines/reconcile/outcome.ts';
import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { BeatRecord } from '../../machines/workspace/backtest.ts';
import type { PluginDeclaration, WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { Deadline, PublicStatus } from '../../machines/workspace/types.ts';
import type { ScheduledSpec, ScheduleMoment } from '../schedule.ts';
import type { Budgets } from './budgets.ts';
import type { Idle } from './idleness.ts';
import type {
  JournalEntry,
  JournalPage,
  Json,
  LogLine,
  PlanOptions,
  PluginDownload,
  Presence,
  StoreHealth,
} from './ports.ts';
import type { ShownReason } from './schedule-port.ts';
import type {
  FleetChanges,
  InspectedActor,
  Moment,
  MomentPath,
  SupervisorInside,
  Why,
} from './watching-api.ts';

/** Whom a token stands for. */
export type Identity =
  | { kind: 'admin' }
  /** Somebody who may look, and change nothing. */
  | { kind: 'viewer'; tokenId: string; name: string }
  /** Something that hands on the beats of many agents, and may do nothing else. */
  | { kind: 'relay'; tokenId: string; name: string }
  | { kind: 'workspace'; workspaceId: string; incarnation: number | null };

export type Beat = {
  errorRate: number;
  sampleError: string | null;
  activeTasks: number;
  currentTask: string | null;
  uptimeSeconds: number;
  wedged: boolean;
  /** The agent reports its own state: its error rate does not degrade it. */
  managesStatus: boolean;
  /** How long the agent may be silent from now on, up to 15 min; 0 for the usual lease. */
  quietForMs: number;
  /** After how long without work the agent asks to be hibernated; null when it does not. */
  idleTimeoutMs: DurationMs | null;
};

export type BeatReply = {
  status: PublicStatus;
  generation: number;
  intervalSeconds: number;
  /** Null while the state has no lease (paused, hibernated). */
  leaseExpiresAt: EpochMs | null;
  restartPending: boolean;
  /** The plugin generation that is in force for it, and whether an external agent has yet to fetch and report it. */
  pluginGeneration: number;
  pluginsPending: boolean;
};

export type Verb = 'restart' | 'pause' | 'resume' | 'hibernate' | 'wake' | 'retry' | 'reconcile';
export const VERBS: readonly Verb[] = [
  'restart',
  'pause',
  'resume',
  'hibernate',
  'wake',
  'retry',
  'reconcile',
];

export type WorkspaceView = {
  id: string;
  spec: ScheduledSpec;
  status: PublicStatus;
  /** The leaf state by dotted path, e.g. `wanted.online.converged`. */
  state: string;
  since: EpochMs;
  reason: ShownReason | null;
  url: string | null;
  agentCard: Json;
  incarnation: number;
  generation: number;
  observedGeneration: number;
  presence: Presence;
  deadline: Deadline | null;
  restartPending: boolean;
  restarts: number;
  onlineEntries: number;
  plugins: {
    declared: number;
    installed: number;
    generation: number;
    /** The last plugin generation with which the agent stayed online for its probation; 0 when none did. */
    good: number;
    blocked: BlockedPlugin[];
    held: HeldPlugin[];
    /** An external agent has yet to fetch and report what is in force. */
    pending: boolean;
  };
  /** A token that was replaced and is still good; null when there is none. */
  oldToken: OldToken | null;
  budgets: Budgets;
  /** Null without a schedule. `paused`: it is the schedule that keeps it paused. */
  schedule: { next: ScheduleMoment | null; paused: boolean } | null;
  /** While it is online and is hibernated without work: since when it has none, and when that happens. */
  idle: Idle | null;
  createdAt: EpochMs;
};

/** Until when it is good, and when somebody last came with it since the supervisor started. */
export type OldToken = { until: EpochMs; usedAt: EpochMs | null };

export type PluginsView = {
  declared: PluginDeclaration[];
  installed: InstalledSet;
  blocked: BlockedPlugin[];
  held: HeldPlugin[];
  outdated: OutdatedPlugin[];
};

/** A plugin whose reference stands for something newer than what is installed. */
export type OutdatedPlugin = {
  workspaceId: string;
  workspace: string;
  name: string;
  source: string;
  /** Revisions where the source has such a thing, tree hashes otherwise. */
  installed: string;
  latest: string;
  checkedAt: EpochMs;
  dismissed: boolean;
};

/** What an external agent says that it has, by plugin: its tree hash, or why it could not be put in place. */
export type InstallReport = {
  generation: number;
  plugins: { name: string; treeHash: string | null; problem: string | null }[];
};

export type ReportAnswer = {
  /** Whether that is all of what is in force. */
  complete: boolean;
  generation: number;
  /** What the agent should fetch or remove. */
  differences: { name: string; action: 'fetch' | 'remove' }[];
};

/** A secret without its value. */
export type SecretView = { name: string; workspaceId: string | null; updatedAt: EpochMs };

/** What a token that is nobody's own workspace's is good for: looking, or handing on beats. */
export type AccessRole = 'viewer' | 'relay';

/** The token of somebody who may look, or of a relay. */
export type AccessToken = { id: string; name: string; role: AccessRole; createdAt: EpochMs };

export type SupervisorHealth = {
  ready: boolean;
  /** What keeps it from being ready, one sentence each. */
  problems: string[];
  /** What is not as always, and yet no problem, one sentence each. */
  notices: string[];
  store: StoreHealth;
  workspaces: Partial<Record<PublicStatus, number>>;
  startedAt: EpochMs;
};

/** From when on its journal tells of everything is told too: what went offline before is not known. */
export type WorkspaceBeats = BeatRecord & { id: string; name: string; journalSince: EpochMs };

/** Either a workspace's id or its name. */
export type WorkspaceKey = string;

export interface Supervisor {
  /** Whom a token stands for, or null. Takes the same time for every wrong token. */
  identify(token: string): Identity | null;
  /** Since when a token is no longer good that another one has replaced; null for any other. */
  expiredAt(token: string): EpochMs | null;

  /**
   * Takes a beat. Answers at once when it only renews the lease; otherwise after the commit.
   * @throws `WORKSPACE_NOT_FOUND`, `WORKSPACE_REMOVED`, `STALE_INCARNATION`
   */
  beat(workspaceId: string, incarnation: number | null, beat: Beat): BeatReply | Promise<BeatReply>;
  /** @throws as `beat`, and `UNAUTHORIZED` when `identity` is null and enrolment is not possible */
  register(
    workspaceId: string,
    identity: Identity | null,
    card: { url: string | null; agentCard: Json },
  ): Promise<{ authToken: string | null }>;
  updateCard(workspaceId: string, incarnation: number | null, agentCard: Json): Promise<void>;

  /**
   * Commits spec, plugins and first snapshot together before anything is started. An equal request with the same key
   * is answered with the same workspace, but without its token, of which only a hash is kept.
   * @throws `WORKSPACE_EXISTS`, `IDEMPOTENCY_CONFLICT`, `RUNTIME_UNAVAILABLE`, `STORE_UNWRITABLE`, `NOT_READY`
   */
  create(
    spec: WorkspaceSpec,
    idempotency: { key: string; digest: string } | null,
    secrets?: Readonly<Record<string, string>>,
  ): Promise<{ view: WorkspaceView; authToken: string | null; replayed: boolean }>;
  view(key: WorkspaceKey): WorkspaceView;
  /** Sorted by name; `after` is the name of the last one seen. */
  list(page: { after: string | null; limit: number; status: PublicStatus | null }): WorkspaceView[];
  /** Replaces the spec and raises the generation. @throws `GENERATION_CONFLICT` when `ifGeneration` is not the current one */
  change(key: WorkspaceKey, spec: WorkspaceSpec, ifGeneration: number | null): Promise<WorkspaceView>;
  /** @throws `STATE_CONFLICT` when the state forbids it */
  act(key: WorkspaceKey, verb: Verb): Promise<WorkspaceView>;
  remove(key: WorkspaceKey, options: { purge: boolean }): Promise<void>;

  /**
   * Makes a new token for the agent of an external workspace. Those before it are good for `overlapMs` more, at most.
   * @throws `STATE_CONFLICT` for a workspace whose agent is started by us; `STORE_UNWRITABLE`: then the old one is good
   */
  rotateToken(
    key: WorkspaceKey,
    options: { overlapMs: DurationMs },
  ): Promise<{ view: WorkspaceView; authToken: string }>;

  plugins(key: WorkspaceKey): Promise<PluginsView>;
  /** What a reconcile would do now; changes nothing. Null for a workspace that is not there yet. */
  plan(key: WorkspaceKey | null, options?: PlanOptions): Promise<PlanEntry[]>;
  /** The plugin generations on disk, the newest first. */
  pluginHistory(key: WorkspaceKey): Promise<PluginGeneration[]>;
  /**
   * Puts what generation `to` held in force again, by default the one before; what that takes away is held.
   * @throws `PLUGIN_GENERATION_NOT_FOUND`, `STATE_CONFLICT`
   */
  rollback(key: WorkspaceKey, to: number | null): Promise<WorkspaceView>;
  /** Installs what the references of these plugins stand for now. @throws `PLUGIN_NOT_DECLARED`, `STATE_CONFLICT` */
  updatePlugins(key: WorkspaceKey, plugins: string[] | 'all'): Promise<WorkspaceView>;
  /** Lets a held plugin be installed again. @throws `PLUGIN_NOT_HELD` */
  releasePlugin(key: WorkspaceKey, plugin: string): Promise<WorkspaceView>;
  /** Wants to hear no more of the newer revision that is known of a plugin. @throws `PLUGIN_NOT_OUTDATED` */
  dismissUpdate(key: WorkspaceKey, plugin: string): Promise<void>;
  /** Of one workspace, or of all with null; sorted by workspace and plugin. */
  outdated(key: WorkspaceKey | null): Promise<OutdatedPlugin[]>;
  /** @throws `PLUGIN_NOT_INSTALLED` */
  download(key: WorkspaceKey, plugin: string): Promise<PluginDownload>;
  /** What an external agent has in place. @throws as `beat`, and `STATE_CONFLICT` for a workspace of ours */
  report(workspaceId: string, incarnation: number | null, report: InstallReport): Promise<ReportAnswer>;

  /** Global ones with null. */
  secrets(key: WorkspaceKey | null): SecretView[];
  /**
   * Sets secrets, or takes away those that are null; all or none. Whoever runs with them is restarted once.
   * @throws `SECRET_NAME_INVALID`, `SECRET_NOT_FOUND`, `STORE_UNWRITABLE`
   */
  changeSecrets(key: WorkspaceKey | null, values: Readonly<Record<string, string | null>>): Promise<void>;
  /** Seals every secret with a new key. Restarts nobody. Returns how many there are. */
  rotateSecretKey(): Promise<number>;
  /** Those that are good, the oldest first. */
  accessTokens(): AccessToken[];
  /** Null once it is revoked. */
  accessToken(id: string): AccessToken | null;
  /** `token` is told this once. @throws `TOKEN_EXISTS`, `STORE_UNWRITABLE` */
  createAccessToken(name: string, role: AccessRole): Promise<AccessToken & { token: string }>;
  /** It and every session that began with it are over. @throws `TOKEN_NOT_FOUND`, `STORE_UNWRITABLE` */
  revokeAccessToken(id: string): Promise<void>;
  why(key: WorkspaceKey): Why;
  /** What it is like now, or was when row `seq` was written. @throws `MOMENT_NOT_KNOWN` */
  moment(key: WorkspaceKey, seq: number | null): Moment;
  /** How it came there. @throws `MOMENT_NOT_KNOWN` */
  path(key: WorkspaceKey, seq: number | null): MomentPath;
  /** Called when a machine that runs inside a workspace has moved; the journal tells of everything else. */
  onStep(listener: (workspaceId: string) => void): () => void;
  /** What changed since `mark`; everything with null, or when that is too long ago. */
  fleet(mark: string | null): FleetChanges;
  inside(): SupervisorInside;
  /** The actors of one workspace, its own first, or of all with null; none for one that is gone. */
  inspected(key: WorkspaceKey | null): InspectedActor[];
  logs(
    key: WorkspaceKey,
    options: { tail: number; follow: boolean; signal?: AbortSignal },
  ): AsyncIterable<LogLine>;

  /** Writes down what was heard of these so far, as far as it can be written. */
  settleBeats(keys: readonly WorkspaceKey[]): Promise<void>;
  /** What is known of a workspace's beats and silences since a moment; as of what is written down. */
  beatRecord(key: WorkspaceKey, since: EpochMs): WorkspaceBeats;

  journal(key: WorkspaceKey | null, page: JournalPage): JournalEntry[];
  onJournal(listener: () => void): () => void;
  lastSeq(): number;
  health(): SupervisorHealth;
}
