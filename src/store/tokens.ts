import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import type { TokenRow } from './types.ts';

export type Tokens = {
  /** Adds a token; does nothing for a removed workspace, which must stay without. */
  add(token: TokenRow): void;
  /** Drops the tokens of incarnations below `incarnation`; one that outlives incarnations stays. */
  forgetBefore(workspaceId: string, incarnation: number): void;
  forgetAll(workspaceId: string): void;
  /** Adds one that outlives incarnations; those before it end at `retireAt` at the latest, and the oldest are dropped. */
  rotate(token: TokenRow, retireAt: EpochMs): void;
  all(): TokenRow[];
};

type Row = {
  hash: string;
  workspace_id: string;
  incarnation: number | null;
  created_at: EpochMs;
  expires_at: EpochMs | null;
};

/** Tokens that were replaced are known for a while, so that who comes with one is told so. */
const KEPT = 8;

export const createTokens = (db: Database): Tokens => {
  const insert = db.prepare<[string, number | null, EpochMs, EpochMs | null, string]>(`
    INSERT OR REPLACE INTO tokens (hash, workspace_id, incarnation, created_at, expires_at)
    SELECT ?, workspace_id, ?, ?, ? FROM workspaces WHERE workspace_id = ? AND removed_at IS NULL`);
  const forgetBefore = db.prepare<[string, number]>(
    'DELETE FROM tokens WHERE workspace_id = ? AND incarnation < ?',
  );
  const forgetAll = db.prepare<[string]>('DELETE FROM tokens WHERE workspace_id = ?');
  const retire = db.prepare<[EpochMs, string]>(`
    UPDATE tokens SET expires_at = min(ifnull(expires_at, 9e15), ?)
    WHERE workspace_id = ? AND incarnation IS NULL`);
  const dropOldest = db.prepare<[string, string, number]>(`
    DELETE FROM tokens WHERE workspace_id = ? AND incarnation IS NULL AND hash NOT IN (
      SELECT hash FROM tokens WHERE workspace_id = ? AND incarnation IS NULL
      ORDER BY created_at DESC, hash LIMIT ?)`);
  const all = db.prepare<[], Row>('SELECT * FROM tokens ORDER BY workspace_id, incarnation, created_at');

  const add: Tokens['add'] = ({ hash, workspaceId, incarnation, createdAt, expiresAt }) => {
    insert.run(hash, incarnation, createdAt, expiresAt, workspaceId);
  };

  return {
    add,
    rotate: (token, retireAt) => {
      retire.run(retireAt, token.workspaceId);
      dropOldest.run(token.workspaceId, token.workspaceId, KEPT);
      add(token);
    },
    forgetBefore: (workspaceId, incarnation) => {
      forgetBefore.run(workspaceId, incarnation);
    },
    forgetAll: (workspaceId) => {
      forgetAll.run(workspaceId);
    },
    all: () =>
      all.all().map((row) => ({
        hash: row.hash,
        workspaceId: row.workspace_id,
        incarnation: row.incarnation,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
      })),
  };
};
