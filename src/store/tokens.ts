import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import type { TokenRow } from './types.ts';

export type Tokens = {
  /** Adds a token; does nothing for a removed workspace, which must stay without. */
  add(token: TokenRow): void;
  /** Drops the tokens of incarnations below `incarnation`; one that outlives incarnations stays. */
  forgetBefore(workspaceId: string, incarnation: number): void;
  forgetAll(workspaceId: string): void;
  all(): TokenRow[];
};

type Row = { hash: string; workspace_id: string; incarnation: number | null; created_at: EpochMs };

export const createTokens = (db: Database): Tokens => {
  const insert = db.prepare<[string, number | null, EpochMs, string]>(`
    INSERT OR REPLACE INTO tokens (hash, workspace_id, incarnation, created_at)
    SELECT ?, workspace_id, ?, ? FROM workspaces WHERE workspace_id = ? AND removed_at IS NULL`);
  const forgetBefore = db.prepare<[string, number]>(
    'DELETE FROM tokens WHERE workspace_id = ? AND incarnation < ?',
  );
  const forgetAll = db.prepare<[string]>('DELETE FROM tokens WHERE workspace_id = ?');
  const all = db.prepare<[], Row>('SELECT * FROM tokens ORDER BY workspace_id, incarnation, created_at');

  return {
    add: ({ hash, workspaceId, incarnation, createdAt }) => {
      insert.run(hash, incarnation, createdAt, workspaceId);
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
      })),
  };
};
