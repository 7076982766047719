/** What the supervisor offers to the edge (HTTP). Every promise that reports a change resolves after its commit. */
import type { BlockedPlugin, InstalledSet, PlanEntry } from '../../machines/reconcile/outcome.ts';
import type { EpochMs } from '../../machines/time.ts';
import type { PluginDeclaration, WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { Deadline, PublicStatus, Reason } from '../../machines/workspace/types.ts';
import type { JournalEntry, Json, LogLine, Presence, StoreHealth } from './ports.ts';

/** Whom a token stands for. */
export type Identity =
  | { kind: 'admin' }
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
};

export type BeatReply = {
  status: PublicStatus;
  generation: number;
  intervalSeconds: number;
  /** Null while the state has no lease (paused, hibernated). */
  leaseExpiresAt: EpochMs | null;
  restartPending: boolean;
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
  spec: WorkspaceSpec;
  status: PublicStatus;
  /** The leaf state by dotted path, e.g. `wanted.online.converged`. */
  state: string;
  since: EpochMs;
  reason: Reason | null;
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
  plugins: { declared: number; installed: number; generation: number; blocked: BlockedPlugin[] };
  createdAt: EpochMs;
};

/** Why a workspace is where it is, for people (`text`) and for programs. */
export type Why = {
  text: string;
  status: PublicStatus;
  state: string;
  since: EpochMs;
  /** What the state means, from the machine itself. */
  rule: string;
  reason: Reason | null;
  /** The transition that led here. */
  evidence: Pick<JournalEntry, 'seq' | 'at' | 'event' | 'from' | 'to'> | null;
  next: { when: EpochMs | null; event: string; to: string }[];
  operator: { verb: Verb | 'remove'; command: string }[];
};

export type PluginsView = {
  declared: PluginDeclaration[];
  installed: InstalledSet;
  blocked: BlockedPlugin[];
};

export type SupervisorHealth = {
  ready: boolean;
  /** What keeps it from being ready, one sentence each. */
  problems: string[];
  store: StoreHealth;
  workspaces: Partial<Record<PublicStatus, number>>;
  startedAt: EpochMs;
};

/** Either a workspace's id or its name. */
export type WorkspaceKey = string;

export interface Supervisor {
  /** Whom a token stands for, or null. Takes the same time for every wrong token. */
  identify(token: string): Identity | null;

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
  ): Promise<{ view: WorkspaceView; authToken: string | null; replayed: boolean }>;
  view(key: WorkspaceKey): WorkspaceView;
  /** Sorted by name; `after` is the name of the last one seen. */
  list(page: { after: string | null; limit: number; status: PublicStatus | null }): WorkspaceView[];
  /** Replaces the spec and raises the generation. @throws `GENERATION_CONFLICT` when `ifGeneration` is not the current one */
  change(key: WorkspaceKey, spec: WorkspaceSpec, ifGeneration: number | null): Promise<WorkspaceView>;
  /** @throws `STATE_CONFLICT` when the state forbids it */
  act(key: WorkspaceKey, verb: Verb): Promise<WorkspaceView>;
  remove(key: WorkspaceKey, options: { purge: boolean }): Promise<void>;

  plugins(key: WorkspaceKey): Promise<PluginsView>;
  /** What a reconcile would do now; changes nothing. */
  plan(key: WorkspaceKey): Promise<PlanEntry[]>;
  why(key: WorkspaceKey): Why;
  logs(
    key: WorkspaceKey,
    options: { tail: number; follow: boolean; signal?: AbortSignal },
  ): AsyncIterable<LogLine>;

  journal(
    key: WorkspaceKey | null,
    page: { after?: number; before?: number; limit: number; order?: 'asc' | 'desc' },
  ): JournalEntry[];
  onJournal(listener: () => void): () => void;
  lastSeq(): number;
  health(): SupervisorHealth;
}
