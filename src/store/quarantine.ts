import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';

/** How many unreadable snapshots of one workspace are kept. */
const KEPT = 5;

export type Quarantine = { add(workspaceId: string, unreadable: { raw: string; error: string }): void };

/** Keeps the last few unreadable snapshots of a workspace for a person to look at; nothing here reads them. */
export const createQuarantine = (db: Database, now: () => EpochMs): Quarantine => {
  const insert = db.prepare<[string, EpochMs, string, string]>(
    'INSERT INTO quarantine (workspace_id, at, raw, error) VALUES (?, ?, ?, ?)',
  );
  const forget = db.prepare<[string, string]>(`
    DELETE FROM quarantine WHERE workspace_id = ? AND id NOT IN
      (SELECT id FROM quarantine WHERE workspace_id = ? ORDER BY id DESC LIMIT ${KEPT})`);

  return {
    add: (workspaceId, { raw, error }) => {
      insert.run(workspaceId, now(), raw, error);
      forget.run(workspaceId, workspaceId);
    },
  };
};
