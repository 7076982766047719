import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import type { SecretPlace, SecretRow } from './types.ts';

export type Secrets = {
  /** Adds or replaces one; does nothing for a removed workspace, which must stay without. */
  set(row: SecretRow): void;
  forget(place: SecretPlace): void;
  forgetAll(workspaceId: string): void;
  all(): SecretRow[];
};

type Row = {
  workspace_id: string;
  name: string;
  key_id: string;
  nonce: string;
  sealed: string;
  updated_at: EpochMs;
};

/** SQLite takes no two NULLs for the same key, so the place of global secrets has a name. */
const EVERYWHERE = '';

/** Secrets as they are sealed; what is in them is known to whoever holds the key. */
export const createSecrets = (db: Database): Secrets => {
  const set = db.prepare<[string, string, string, string, string, EpochMs, string, string]>(`
    INSERT OR REPLACE INTO secrets (workspace_id, name, key_id, nonce, sealed, updated_at)
    SELECT ?, ?, ?, ?, ?, ? WHERE ? = '' OR EXISTS (
      SELECT 1 FROM workspaces WHERE workspace_id = ? AND removed_at IS NULL)`);
  const forget = db.prepare<[string, string]>('DELETE FROM secrets WHERE workspace_id = ? AND name = ?');
  const forgetAll = db.prepare<[string]>('DELETE FROM secrets WHERE workspace_id = ?');
  const all = db.prepare<[], Row>('SELECT * FROM secrets ORDER BY workspace_id, name');

  return {
    set: ({ workspaceId, name, keyId, nonce, sealed, updatedAt }) => {
      const place = workspaceId ?? EVERYWHERE;
      set.run(place, name, keyId, nonce, sealed, updatedAt, place, place);
    },
    forget: ({ workspaceId, name }) => {
      forget.run(workspaceId ?? EVERYWHERE, name);
    },
    forgetAll: (workspaceId) => {
      forgetAll.run(workspaceId);
    },
    all: () =>
      all.all().map((row) => ({
        workspaceId: row.workspace_id === EVERYWHERE ? null : row.workspace_id,
        name: row.name,
        keyId: row.key_id,
        nonce: row.nonce,
        sealed: row.sealed,
        updatedAt: row.updated_at,
      })),
  };
};
