import type { EpochMs } from '../../../../machines/time.ts';
import type { BeatMinute } from '../../../../machines/workspace/beat-minute.ts';
import type { AuditRow, ChainPlace } from '../../../audit/chain.ts';
import type { OutboxRow } from '../../../supervisor/outbox-port.ts';
import type {
  AccessTokenRow,
  Checkpoint,
  DriftRow,
  Json,
  Presence,
  SecretRow,
  TokenRow,
} from '../../../supervisor/ports.ts';

/** Rows are never changed, only replaced; what is JSON is kept as the text that it was when it was queued. */
export type WorkspaceRow = {
  name: string;
  spec: string;
  generation: number;
  createdAt: EpochMs;
  removedAt: EpochMs | null;
  agentCard: string | null;
  url: string | null;
  schedule: string | null;
  snapshot: string | null;
};

export type JournalRow = {
  seq: number;
  workspaceId: string;
  at: EpochMs;
  event: string;
  from: string | null;
  to: string;
  reason: string | null;
  cause: string;
  kind: 'transition' | 'note';
  child: string | null;
};

export type OwnJournal = { rows: JournalRow[]; dropped: number };

/** By minute and incarnation; `first` is the earliest minute that may be among them. */
export type OwnBeats = { readonly first: number; readonly rows: Map<string, BeatMinute> };

/** What is committed. It outlives every store that is opened over it, and is never half of a commit. */
export type MemoryDisk = {
  workspaces: Map<string, WorkspaceRow>;
  /** The workspace that has a name; without those that are removed. */
  names: Map<string, string>;
  journals: Map<string, OwnJournal>;
  /** All journals together; rows that the cap took are still in it until it is tidied. */
  journal: { rows: JournalRow[]; taken: Set<number>; lastSeq: number };
  checkpoints: Map<string, readonly Checkpoint[]>;
  tokens: Map<string, readonly TokenRow[]>;
  accessTokens: Map<string, AccessTokenRow & { revokedAt: EpochMs | null }>;
  /** By workspace, '' for those of all; then by name. */
  secrets: Map<string, ReadonlyMap<string, SecretRow>>;
  drift: Map<string, DriftRow>;
  presences: Map<string, Presence>;
  beats: Map<string, OwnBeats>;
  idempotency: Map<string, { digest: string; response: string; createdAt: EpochMs }>;
  /** The latest unreadable snapshots of each workspace. */
  quarantine: Map<string, readonly { at: EpochMs; raw: string; error: string }[]>;
  notices: {
    outbox: Map<number, OutboxRow>;
    incidents: Map<string, Json>;
    lastNumber: number;
  };
  audit: { rows: Map<number, AuditRow>; ends: Map<'anchor' | 'head', ChainPlace> };
  /** Why it takes nothing now, e.g. `database or disk is full`; null while it does. Set it at any moment. */
  problem: string | null;
};

export const createMemoryDisk = (): MemoryDisk => ({
  workspaces: new Map(),
  names: new Map(),
  journals: new Map(),
  journal: { rows: [], taken: new Set(), lastSeq: 0 },
  checkpoints: new Map(),
  tokens: new Map(),
  accessTokens: new Map(),
  secrets: new Map(),
  drift: new Map(),
  presences: new Map(),
  beats: new Map(),
  idempotency: new Map(),
  quarantine: new Map(),
  notices: { outbox: new Map(), incidents: new Map(), lastNumber: 0 },
  audit: { rows: new Map(), ends: new Map() },
  problem: null,
});
