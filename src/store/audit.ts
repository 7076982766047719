import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import { type AuditRow, CAPPED, type ChainPlace, linkText } from '../audit/chain.ts';
import { readJson } from './json.ts';
import type { AuditAct, AuditDraft, AuditEntry, AuditQuery } from './types.ts';

export type Audit = {
  /** Adds a row to the chain and returns its number. `act` is JSON. */
  append(row: { at: EpochMs; act: string; answers: number | null }): number;
  page(query: AuditQuery): AuditEntry[];
  head(): ChainPlace;
};

export const toAuditText = ({ at, act, answers }: AuditDraft) => ({ at, act: JSON.stringify(act), answers });

type Ends = { anchor_seq: number; head_seq: number; head_hash: string };
type Filters = {
  before: number;
  since: number;
  who: string | null;
  workspace: string | null;
  refused: number;
};

/**
 * The rows of the audit, each with the hash of itself and of the one before it.
 *
 * At `cap` rows a tenth of it goes at once. The last row that goes becomes the anchor, from which the rest can still be
 * verified; a row `audit.capped`, which is part of the chain, says so.
 */
export const createAudit = (db: Database, cap: number): Audit => {
  const ends = db.prepare<[], Ends>('SELECT anchor_seq, head_seq, head_hash FROM audit_ends');
  const insert = db.prepare<[number, EpochMs, string, number | null, string, string]>(
    'INSERT INTO audit (seq, at, act, answers, previous, hash) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const setHead = db.prepare<[number, string]>('UPDATE audit_ends SET head_seq = ?, head_hash = ?');
  const setAnchor = db.prepare<[number]>(
    'UPDATE audit_ends SET (anchor_seq, anchor_hash) = (SELECT seq, hash FROM audit WHERE seq = ?)',
  );
  const hashOf = db.prepare<[number], string>('SELECT hash FROM audit WHERE seq = ?').pluck();
  const drop = db.prepare<[number]>('DELETE FROM audit WHERE seq <= ?');
  const page = db.prepare<[Filters & { limit: number }], AuditRow>(`
    SELECT * FROM audit
    WHERE seq < $before AND at >= $since
      AND NOT EXISTS (SELECT 1 FROM audit AS answer WHERE answer.answers = audit.seq)
      AND ($who IS NULL OR $who IN (act ->> '$.who.kind', act ->> '$.who.name', act ->> '$.who.id'))
      AND ($workspace IS NULL OR $workspace IN (act ->> '$.workspace.id', act ->> '$.workspace.name'))
      AND ($refused = 0 OR act ->> '$.status' >= 400)
    ORDER BY seq DESC LIMIT $limit`);

  const add: Audit['append'] = ({ at, act, answers }) => {
    const { head_seq, head_hash: previous } = ends.get() as Ends;
    const seq = head_seq + 1;
    const hash = sha256(linkText({ seq, at, act, answers, previous }));
    insert.run(seq, at, act, answers, previous, hash);
    setHead.run(seq, hash);
    return seq;
  };

  /** What remains, the row that tells of it included, is nine tenths of the cap. */
  const makeRoom = (seq: number, at: EpochMs): void => {
    const { anchor_seq } = ends.get() as Ends;
    if (seq - anchor_seq <= cap) return;
    const last = seq - Math.max(1, cap - Math.ceil(cap / 10) - 1);
    const anchor = { seq: last, hash: hashOf.get(last) as string };
    setAnchor.run(last);
    drop.run(last);
    add({ at, act: JSON.stringify(cappedAct(last - anchor_seq, anchor)), answers: null });
  };

  return {
    append: (row) => {
      const seq = add(row);
      makeRoom(seq, row.at);
      return seq;
    },
    page: ({ before, since, who, workspace, refused, limit }) =>
      page
        .all({
          before: before ?? Number.MAX_SAFE_INTEGER,
          since: since ?? 0,
          who: who ?? null,
          workspace: workspace ?? null,
          refused: refused === true ? 1 : 0,
          limit: Math.max(0, limit),
        })
        .map(({ seq, at, act, answers, hash }) => ({
          seq,
          at,
          act: readJson<AuditAct>(act, UNREADABLE),
          answers,
          hash,
        })),
    head: () => {
      const { head_seq: seq, head_hash: hash } = ends.get() as Ends;
      return { seq, hash };
    },
  };
};

const NOBODY = { kind: 'keepwell', via: null, id: null, name: null } as const;
const BY_ITSELF = { who: NOBODY, from: null, workspace: null, request: null, status: null, code: null };
const UNREADABLE: AuditAct = { ...BY_ITSELF, what: 'unreadable' };

const cappedAct = (dropped: number, anchor: ChainPlace) => ({ ...BY_ITSELF, what: CAPPED, dropped, anchor });

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
