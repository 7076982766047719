import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';

export type JournalCap = {
  /** Counts `added` new rows of a workspace and drops old ones when there are too many. Returns how many it ever had. */
  apply(workspaceId: string, added: number): number;
  /** How many went so far. */
  dropped(workspaceId: string): number;
};

/**
 * Keeps each workspace's journal at `cap` rows or fewer.
 *
 * At the cap a tenth of it goes at once, so that the cost of dropping is rare. The first row stays: it says how
 * the workspace began. A note `journal.capped` says how many went, now and in all.
 */
export const createJournalCap = (db: Database, cap: number, now: () => EpochMs): JournalCap => {
  const count = db.prepare<[string, number], { row_count: number; dropped: number }>(`
    INSERT INTO journal_sizes (workspace_id, row_count, dropped) VALUES (?, ?, 0)
    ON CONFLICT (workspace_id) DO UPDATE SET row_count = row_count + excluded.row_count
    RETURNING row_count, dropped`);
  const drop = db.prepare<[string, string, string, number]>(`
    DELETE FROM journal WHERE workspace_id = ?
      AND seq > (SELECT min(seq) FROM journal WHERE workspace_id = ?)
      AND seq <= (SELECT seq FROM journal WHERE workspace_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`);
  // A checkpoint is of no use where rows between it and the moment that is asked for are gone.
  const dropCheckpoints = db.prepare<[string, string, number]>(`
    DELETE FROM checkpoints WHERE workspace_id = ?
      AND seq < (SELECT seq FROM journal WHERE workspace_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`);
  const note = db.prepare<[EpochMs, string, string]>(`
    INSERT INTO journal (workspace_id, at, event, from_state, to_state, reason, cause, kind)
    SELECT workspace_id, ?, 'journal.capped', to_state, to_state, NULL, ?, 'note'
    FROM journal WHERE workspace_id = ? ORDER BY seq DESC LIMIT 1`);
  const resize = db.prepare<[number, number, string]>(
    'UPDATE journal_sizes SET row_count = ?, dropped = ? WHERE workspace_id = ?',
  );

  const droppedOf = db
    .prepare<[string], number>('SELECT dropped FROM journal_sizes WHERE workspace_id = ?')
    .pluck();

  // The first row, the newest ones and the note together are nine tenths of the cap.
  const newest = Math.max(1, cap - Math.ceil(cap / 10) - 2);

  return {
    dropped: (workspaceId) => droppedOf.get(workspaceId) ?? 0,
    apply: (workspaceId, added) => {
      const size = count.get(workspaceId, added);
      if (size === undefined) return added;
      const everWritten = size.row_count + size.dropped;
      if (size.row_count <= cap) return everWritten;
      const dropped = drop.run(workspaceId, workspaceId, workspaceId, newest).changes;
      const droppedInAll = size.dropped + dropped;
      note.run(now(), JSON.stringify({ dropped, droppedInAll }), workspaceId);
      resize.run(size.row_count - dropped + 1, droppedInAll, workspaceId);
      dropCheckpoints.run(workspaceId, workspaceId, newest);
      return everWritten;
    },
  };
};
