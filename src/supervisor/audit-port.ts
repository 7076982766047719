/** What the store keeps of who did what: rows that hang together by their hashes. */
import type { EpochMs } from '../../machines/time.ts';
import type { Json } from './ports.ts';

/** Who asked for something. `nobody`: without a good token. */
export type Actor = {
  kind: 'admin' | 'viewer' | 'relay' | 'workspace' | 'nobody' | 'keepwell';
  via: 'token' | 'session' | null;
  /** Of the token, or of the workspace whose token it was. */
  id: string | null;
  name: string | null;
};

export type AuditAct = {
  who: Actor;
  /** The address it came from. */
  from: string | null;
  /** Method and path, or `noun.verbed` for what Keepwell did by itself. */
  what: string;
  workspace: { id: string; name: string | null } | null;
  request: string | null;
  /** Null when it was asked, and not answered yet. */
  status: number | null;
  /** Of the refusal. */
  code: string | null;
  details?: Json;
};

export type AuditDraft = { at: EpochMs; act: AuditAct; answers: number | null };

export type AuditEntry = { seq: number; at: EpochMs; act: AuditAct; answers: number | null; hash: string };

/** Newest first. Rows that were answered are left out: the answer says all that they said. */
export type AuditQuery = {
  before?: number;
  since?: EpochMs;
  /** A kind, or the name or id of a token. */
  who?: string;
  /** An id or a name. */
  workspace?: string;
  /** Only what was answered with 400 or above. */
  refused?: boolean;
  limit: number;
};

export interface AuditTrail {
  /**
   * Queues a row for the next commit, and resolves with its number when it is on disk. It is written before everything
   * that is queued after it. A failed commit rejects with `STORE_UNWRITABLE`, but the row stays queued.
   */
  appendAudit(draft: AuditDraft): Promise<number>;
  audit(query: AuditQuery): AuditEntry[];
  /** The last row's number and hash; 0 and zeros when there was none. */
  auditHead(): { seq: number; hash: string };
}
