import type { Database } from 'better-sqlite3';
import type { Checkpoint } from './types.ts';

export type Checkpoints = {
  add(workspaceId: string, seq: number, snapshot: string): void;
  /** The latest one at or before `seq`. */
  find(workspaceId: string, seq: number): Checkpoint | null;
};

/** Snapshots as they were at rows of the journal, so that a moment is known without replaying everything before it. */
export const createCheckpoints = (db: Database): Checkpoints => {
  const insert = db.prepare<[string, number, string]>(
    'INSERT OR REPLACE INTO checkpoints (workspace_id, seq, snapshot) VALUES (?, ?, ?)',
  );
  const find = db.prepare<[string, number], Checkpoint>(
    `SELECT seq, snapshot AS raw FROM checkpoints WHERE workspace_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1`,
  );
  return {
    add: (workspaceId, seq, snapshot) => void insert.run(workspaceId, seq, snapshot),
    find: (workspaceId, seq) => find.get(workspaceId, seq) ?? null,
  };
};
