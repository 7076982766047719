import type { Database } from 'better-sqlite3';
import { readJson } from './json.ts';
import type { Json, NotifyChange, OutboxPatch, OutboxRow, OutboxState } from './types.ts';

/** So many rows of each target that are delivered, and so many that are dead, are kept for people to look at. */
const KEPT_PER_TARGET = 100;

export type Outbox = {
  incidents(): { subject: string; state: Json }[];
  write(change: NotifyText): void;
  page(query: { state: OutboxState; target?: string; limit: number }): OutboxRow[];
  settle(patches: readonly OutboxPatch[]): void;
};

/** A change as it goes into the tables, so that later changes of the object change nothing. */
export type NotifyText = {
  add: (Omit<NotifyChange['add'][number], 'notice'> & { notice: string })[];
  withdraw: string[];
  incident: { subject: string; state: string | null } | null;
};

export const toNotifyText = ({ add, withdraw, incident }: NotifyChange): NotifyText => ({
  add: add.map((draft) => ({ ...draft, notice: JSON.stringify(draft.notice) })),
  withdraw: [...withdraw],
  incident: incident && {
    subject: incident.subject,
    state: incident.state === null ? null : JSON.stringify(incident.state),
  },
});

type Row = {
  number: number;
  id: string;
  target: string;
  incident: string;
  notice: string;
  created_at: number;
  due_at: number;
  tries: number;
  batch: string | null;
  state: OutboxState;
  problem: string | null;
  ended_at: number | null;
  receipt: string | null;
};

/** Notices that are to be delivered, or were, and the incidents that they tell of. */
export const createOutbox = (db: Database): Outbox => {
  const insert = db.prepare<[string, string, string, string, number, number]>(`
    INSERT OR IGNORE INTO outbox (id, target, incident, notice, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)`);
  const withdraw = db.prepare<[string]>(
    `DELETE FROM outbox WHERE id = ? AND state = 'pending' AND tries = 0`,
  );
  const setIncident = db.prepare<[string, string]>(
    'INSERT OR REPLACE INTO incidents (subject, state) VALUES (?, ?)',
  );
  const forgetIncident = db.prepare<[string]>('DELETE FROM incidents WHERE subject = ?');
  const incidents = db.prepare<[], { subject: string; state: string }>(
    'SELECT subject, state FROM incidents ORDER BY subject',
  );
  const pageOf = (which: string, order: string) =>
    db.prepare<(string | number)[], Row>(`SELECT * FROM outbox WHERE ${which} ORDER BY ${order} LIMIT ?`);
  const [oldest, latest] = ['number ASC', 'ended_at DESC, number DESC'] as const;
  const ofAll = { oldest: pageOf('state = ?', oldest), latest: pageOf('state = ?', latest) };
  const ofOne = {
    oldest: pageOf('state = ? AND target = ?', oldest),
    latest: pageOf('state = ? AND target = ?', latest),
  };
  const find = db.prepare<[number], Row>('SELECT * FROM outbox WHERE number = ?');
  const update = db.prepare<
    [number, number, string | null, string, string | null, number | null, string | null, number]
  >(`
    UPDATE outbox SET due_at = ?, tries = ?, batch = ?, state = ?, problem = ?, ended_at = ?, receipt = ?
    WHERE number = ?`);
  const prune = db.prepare<[string, string, string, string, number]>(`
    DELETE FROM outbox WHERE target = ? AND state = ? AND number NOT IN (
      SELECT number FROM outbox WHERE target = ? AND state = ? ORDER BY ended_at DESC, number DESC LIMIT ?)`);

  return {
    incidents: () => incidents.all().map(({ subject, state }) => ({ subject, state: readJson(state, null) })),
    write: ({ add, withdraw: ids, incident }) => {
      for (const id of ids) withdraw.run(id);
      for (const { id, target, incident: of, notice, createdAt, dueAt } of add)
        insert.run(id, target, of, notice, createdAt, dueAt);
      if (incident === null) return;
      if (incident.state === null) forgetIncident.run(incident.subject);
      else setIncident.run(incident.subject, incident.state);
    },
    page: ({ state, target, limit }) => {
      const order = state === 'pending' ? 'oldest' : 'latest';
      const rows =
        target === undefined ? ofAll[order].all(state, limit) : ofOne[order].all(state, target, limit);
      return rows.map(toRow);
    },
    settle: (patches) => {
      for (const { number, ...patch } of patches) {
        const row = find.get(number);
        if (row === undefined) continue;
        const { dueAt, tries, batch, state, problem, endedAt, receipt, target } = { ...toRow(row), ...patch };
        update.run(dueAt, tries, batch, state, problem, endedAt, receipt, number);
        if (state !== 'pending') prune.run(target, state, target, state, KEPT_PER_TARGET);
      }
    },
  };
};

const toRow = ({ created_at, due_at, ended_at, notice, ...row }: Row): OutboxRow => ({
  ...row,
  notice: readJson(notice, null),
  createdAt: created_at,
  dueAt: due_at,
  endedAt: ended_at,
});
