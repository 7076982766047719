/** The shapes the store takes and gives. They fit the supervisor's interface `Store` without knowing it. */
import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { Reason, WorkspaceContext } from '../../machines/workspace/types.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type StoredSnapshot = { machineVersion: number; value: unknown; context: WorkspaceContext };

export type JournalDraft = {
  at: EpochMs;
  event: string;
  from: string | null;
  to: string;
  reason: (Omit<Reason, 'code'> & { code: Reason['code'] | 'by-schedule' | 'by-idleness' }) | null;
  cause: Json;
  kind: 'transition' | 'note';
  child?: string;
};

export type JournalEntry = JournalDraft & { seq: number; workspaceId: string };

export type JournalPage = {
  after?: number;
  before?: number;
  limit: number;
  order?: 'asc' | 'desc';
  events?: readonly string[];
};

export type BeatRange = { since: EpochMs; gapsFromMs: DurationMs };

export type TokenRow = {
  hash: string;
  workspaceId: string;
  incarnation: number | null;
  createdAt: EpochMs;
  expiresAt: EpochMs | null;
};

export type AccessTokenRow = {
  id: string;
  name: string;
  role: 'viewer' | 'relay';
  hash: string;
  createdAt: EpochMs;
};

export type SecretRow = {
  workspaceId: string | null;
  name: string;
  keyId: string;
  nonce: string;
  sealed: string;
  updatedAt: EpochMs;
};

export type SecretPlace = Pick<SecretRow, 'workspaceId' | 'name'>;

export type DriftRow = {
  source: string;
  revision: string | null;
  treeHash: string | null;
  checkedAt: EpochMs;
};

export type Presence = {
  lastHeartbeatAt: EpochMs | null;
  leaseExpiresAt: EpochMs | null;
  errorRate: number | null;
  sampleError: string | null;
  activeTasks: number | null;
  currentTask: string | null;
  uptimeSeconds: number | null;
};

export type PresenceRow = { workspaceId: string; presence: Presence };

export type ScheduleMark = { settledAt: EpochMs; pausedAt: EpochMs | null; idleSince?: EpochMs };

export type Change = {
  workspaceId: string;
  snapshot?: StoredSnapshot;
  journal?: JournalDraft[];
  spec?: { spec: WorkspaceSpec; generation: number };
  card?: { agentCard: Json; url: string | null };
  token?: TokenRow & { forgetBefore: number };
  secrets?: { set: SecretRow[]; forget: string[] };
  schedule?: ScheduleMark;
  removedAt?: EpochMs;
  quarantine?: { raw: string; error: string };
  notify?: NotifyChange;
};

export type OutboxDraft = {
  id: string;
  target: string;
  incident: string;
  notice: Json;
  createdAt: EpochMs;
  dueAt: EpochMs;
};

export type OutboxState = 'pending' | 'delivered' | 'dead';

export type OutboxRow = OutboxDraft & {
  number: number;
  tries: number;
  batch: string | null;
  state: OutboxState;
  problem: string | null;
  endedAt: EpochMs | null;
  receipt: string | null;
};

export type NotifyChange = {
  add: OutboxDraft[];
  withdraw: string[];
  incident: { subject: string; state: Json | null } | null;
};

export type OutboxPatch = { number: number } & Partial<
  Pick<OutboxRow, 'dueAt' | 'tries' | 'batch' | 'state' | 'problem' | 'endedAt' | 'receipt'>
>;

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
  rawSnapshot: string;
  presence: Presence | null;
  schedule: ScheduleMark | null;
  tokens: TokenRow[];
};

export type Checkpoint = { seq: number; raw: string };

export type StoreHealth = {
  writable: boolean;
  since: EpochMs | null;
  problem: string | null;
  pending: number;
};

export type Actor = {
  kind: 'admin' | 'viewer' | 'relay' | 'workspace' | 'nobody' | 'keepwell';
  via: 'token' | 'session' | null;
  id: string | null;
  name: string | null;
};

export type AuditAct = {
  who: Actor;
  from: string | null;
  what: string;
  workspace: { id: string; name: string | null } | null;
  request: string | null;
  status: number | null;
  code: string | null;
  details?: Json;
};

export type AuditDraft = { at: EpochMs; act: AuditAct; answers: number | null };

export type AuditEntry = { seq: number; at: EpochMs; act: AuditAct; answers: number | null; hash: string };

export type AuditQuery = {
  before?: number;
  since?: EpochMs;
  who?: string;
  workspace?: string;
  refused?: boolean;
  limit: number;
};
