import { BEGINNING, CAPPED, linkText } from '../../../audit/chain.ts';
import type { AuditAct, AuditDraft, AuditEntry, AuditQuery } from '../../../supervisor/audit-port.ts';
import { sha256 } from '../sha256.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { put, type Undoable } from './undoable.ts';

const BY_ITSELF = {
  who: { kind: 'keepwell', via: null, id: null, name: null },
  from: null,
  workspace: null,
  request: null,
  status: null,
  code: null,
};

/** The chain of the audit on a disk of memory; see `src/store/audit.ts`. */
export const createMemoryAudit = (disk: MemoryDisk, undoable: Undoable, cap: number) => {
  const { rows, ends } = disk.audit;
  const end = (which: 'anchor' | 'head') => ends.get(which) ?? BEGINNING;

  const add = (at: number, act: string, answers: number | null): number => {
    const { seq: last, hash: previous } = end('head');
    const row = { seq: last + 1, at, act, answers, previous };
    const hash = sha256(linkText(row));
    put(undoable, rows, row.seq, { ...row, hash });
    put(undoable, ends, 'head', { seq: row.seq, hash });
    return row.seq;
  };

  const makeRoom = (seq: number, at: number): void => {
    const { seq: first } = end('anchor');
    if (seq - first <= cap) return;
    const last = seq - Math.max(1, cap - Math.ceil(cap / 10) - 1);
    const anchor = { seq: last, hash: rows.get(last)?.hash ?? '' };
    put(undoable, ends, 'anchor', anchor);
    for (let each = first + 1; each <= last; each += 1) put(undoable, rows, each, undefined);
    add(at, JSON.stringify({ ...BY_ITSELF, what: CAPPED, dropped: last - first, anchor }), null);
  };

  return {
    toAppend({ at, act, answers }: AuditDraft): () => number {
      const text = JSON.stringify(act);
      return () => {
        const seq = add(at, text, answers);
        makeRoom(seq, at);
        return seq;
      };
    },
    head: () => ({ ...end('head') }),
    page({ before = Number.MAX_SAFE_INTEGER, since = 0, who, workspace, refused, limit }: AuditQuery) {
      const all = [...rows.values()];
      const answered = new Set(all.map(({ answers }) => answers));
      const isWanted = ({ seq, at, act }: AuditEntry): boolean =>
        seq < before &&
        at >= since &&
        !answered.has(seq) &&
        (who === undefined || [act.who.kind, act.who.name, act.who.id].includes(who)) &&
        (workspace === undefined || [act.workspace?.id, act.workspace?.name].includes(workspace)) &&
        (refused !== true || (act.status ?? 0) >= 400);
      return all
        .map(({ seq, at, act, answers, hash }) => ({
          seq,
          at,
          act: JSON.parse(act) as AuditAct,
          answers,
          hash,
        }))
        .filter(isWanted)
        .toSorted((a, b) => b.seq - a.seq)
        .slice(0, limit);
    },
  };
};
