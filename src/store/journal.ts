import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import type { Reason } from '../../machines/workspace/types.ts';
import { createJournalCap } from './journal-cap.ts';
import { readJson } from './json.ts';
import type { JournalDraft, JournalEntry, JournalPage } from './types.ts';

/** So many rows lie between two checkpoints of a workspace, and have to be replayed to know what it was like then. */
const CHECKPOINT_EVERY = 200;

/** A draft as it goes into the table, so that later changes of the object change nothing. */
export type JournalText = Omit<JournalDraft, 'reason' | 'cause' | 'child'> & {
  reason: string | null;
  cause: string;
  child: string | null;
};

export type Journal = {
  /** Calls `checkpoint` with the last row's number when enough came together since the last time. */
  append(workspaceId: string, rows: readonly JournalText[], checkpoint?: (seq: number) => void): void;
  page(workspaceId: string | null, page: JournalPage): JournalEntry[];
  /** How many rows of a workspace the cap has taken. */
  dropped(workspaceId: string): number;
  /** The highest number ever given; 0 when there was none. */
  lastSeq(): number;
};

type Row = Omit<JournalText, 'from' | 'to'> & {
  seq: number;
  workspace_id: string;
  from_state: string | null;
  to_state: string;
};

export const toJournalText = (draft: JournalDraft): JournalText => ({
  ...draft,
  reason: draft.reason === null ? null : JSON.stringify(draft.reason),
  cause: JSON.stringify(draft.cause),
  child: draft.child ?? null,
});

export const createJournal = (db: Database, options: { cap: number; now: () => EpochMs }): Journal => {
  const cap = createJournalCap(db, options.cap, options.now);
  const insert = db.prepare<
    [string, EpochMs, string, string | null, string, string | null, string, string, string | null]
  >(`
    INSERT INTO journal (workspace_id, at, event, from_state, to_state, reason, cause, kind, child)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const last = db.prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'journal'`).pluck();
  const ofAll = {
    asc: db.prepare<[number, number, number], Row>(
      'SELECT * FROM journal WHERE seq > ? AND seq < ? ORDER BY seq ASC LIMIT ?',
    ),
    desc: db.prepare<[number, number, number], Row>(
      'SELECT * FROM journal WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?',
    ),
  };
  const ofOne = {
    asc: db.prepare<[string, number, number, number], Row>(
      'SELECT * FROM journal WHERE workspace_id = ? AND seq > ? AND seq < ? ORDER BY seq ASC LIMIT ?',
    ),
    desc: db.prepare<[string, number, number, number], Row>(
      'SELECT * FROM journal WHERE workspace_id = ? AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?',
    ),
  };

  const someOfAll = (order: 'ASC' | 'DESC') =>
    db.prepare<[number, number, string, number], Row>(`
      SELECT * FROM journal WHERE seq > ? AND seq < ?
        AND event IN (SELECT value FROM json_each(?)) ORDER BY seq ${order} LIMIT ?`);
  const someOfOne = (order: 'ASC' | 'DESC') =>
    db.prepare<[string, number, number, string, number], Row>(`
      SELECT * FROM journal WHERE workspace_id = ? AND seq > ? AND seq < ?
        AND event IN (SELECT value FROM json_each(?)) ORDER BY seq ${order} LIMIT ?`);
  const eventsOfAll = { asc: someOfAll('ASC'), desc: someOfAll('DESC') };
  const eventsOfOne = { asc: someOfOne('ASC'), desc: someOfOne('DESC') };

  return {
    append: (workspaceId, rows, checkpoint) => {
      if (rows.length === 0) return;
      let seq = 0;
      for (const { at, event, from, to, reason, cause, kind, child } of rows) {
        const { lastInsertRowid } = insert.run(workspaceId, at, event, from, to, reason, cause, kind, child);
        seq = Number(lastInsertRowid);
      }
      const everWritten = cap.apply(workspaceId, rows.length);
      if (everWritten % CHECKPOINT_EVERY < rows.length) checkpoint?.(seq);
    },
    page: (workspaceId, { after, before, limit, order = defaultOrder(after, before), events }) => {
      const window = [after ?? 0, before ?? Number.MAX_SAFE_INTEGER] as const;
      const most = Math.max(0, limit);
      const rest = events === undefined ? null : ([JSON.stringify(events), most] as const);
      const rows =
        workspaceId === null
          ? rest === null
            ? ofAll[order].all(...window, most)
            : eventsOfAll[order].all(...window, ...rest)
          : rest === null
            ? ofOne[order].all(workspaceId, ...window, most)
            : eventsOfOne[order].all(workspaceId, ...window, ...rest);
      return rows.map(toEntry);
    },
    dropped: (workspaceId) => cap.dropped(workspaceId),
    lastSeq: () => last.get() ?? 0,
  };
};

const defaultOrder = (after?: number, before?: number): 'asc' | 'desc' =>
  after === undefined && before !== undefined ? 'desc' : 'asc';

const toEntry = (row: Row): JournalEntry => ({
  seq: row.seq,
  workspaceId: row.workspace_id,
  at: row.at,
  event: row.event,
  from: row.from_state,
  to: row.to_state,
  reason: readJson<Reason | null>(row.reason, null),
  cause: readJson(row.cause, null),
  kind: row.kind,
  ...(row.child === null ? {} : { child: row.child }),
});
