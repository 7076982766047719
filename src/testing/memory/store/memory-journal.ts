import type { EpochMs } from '../../../../machines/time.ts';
import type { Reason } from '../../../../machines/workspace/types.ts';
import type { JournalDraft, JournalEntry, Json, Store } from '../../../supervisor/ports.ts';
import type { JournalRow, MemoryDisk, OwnJournal } from './memory-disk.ts';
import { put, type Undoable } from './undoable.ts';

/** A draft as it was when it was queued. */
export type JournalText = Omit<JournalRow, 'seq' | 'workspaceId'>;

type Page = Parameters<Store['journal']>[1];

/** So many rows lie between two checkpoints of a workspace. */
const CHECKPOINT_EVERY = 200;
/** So many rows that the cap took may lie among the others. */
const MOST_TAKEN = 4_096;

export const toJournalText = (draft: JournalDraft): JournalText => ({
  at: draft.at,
  event: draft.event,
  from: draft.from,
  to: draft.to,
  reason: draft.reason === null ? null : JSON.stringify(draft.reason),
  cause: JSON.stringify(draft.cause),
  kind: draft.kind,
  child: draft.child ?? null,
});

/** The journals of all workspaces, numbered through, each kept at `cap` rows or fewer as the real ones are. */
export const createMemoryJournal = (
  disk: MemoryDisk,
  undoable: Undoable,
  cap: number,
  now: () => EpochMs,
) => {
  const { journal } = disk;
  // The first row, the newest ones and the note together are nine tenths of the cap.
  const newest = Math.max(1, cap - Math.ceil(cap / 10) - 2);

  const add = (workspaceId: string, own: OwnJournal, text: JournalText): void => {
    journal.lastSeq += 1;
    const row = { seq: journal.lastSeq, workspaceId, ...text };
    own.rows.push(row);
    journal.rows.push(row);
    undoable.note(() => {
      own.rows.pop();
      journal.rows.pop();
      journal.lastSeq -= 1;
    });
  };

  const ownOf = (workspaceId: string): OwnJournal => {
    const own = disk.journals.get(workspaceId) ?? { rows: [], dropped: 0 };
    if (!disk.journals.has(workspaceId)) put(undoable, disk.journals, workspaceId, own);
    return own;
  };

  const dropOldest = (workspaceId: string, own: OwnJournal): void => {
    const last = own.rows.at(-1) as JournalRow;
    const gone = own.rows.slice(1, -newest);
    const dropped = own.dropped + gone.length;
    const kept = { rows: [own.rows[0] as JournalRow, ...own.rows.slice(-newest)], dropped };
    for (const { seq } of gone) journal.taken.add(seq);
    undoable.note(() => {
      for (const { seq } of gone) journal.taken.delete(seq);
    });
    put(undoable, disk.journals, workspaceId, kept);
    const counts = JSON.stringify({ dropped: gone.length, droppedInAll: dropped });
    const note = {
      from: last.to,
      to: last.to,
      reason: null,
      cause: counts,
      kind: 'note' as const,
      child: null,
    };
    add(workspaceId, kept, { at: now(), event: 'journal.capped', ...note });
    const oldest = kept.rows.at(-1 - newest)?.seq ?? 0;
    const checkpoints = disk.checkpoints.get(workspaceId)?.filter(({ seq }) => seq >= oldest);
    if (checkpoints !== undefined) put(undoable, disk.checkpoints, workspaceId, checkpoints);
  };

  return {
    /** With `snapshot`, what the workspace is like after these rows: kept when enough came together since the last time. */
    append(workspaceId: string, texts: readonly JournalText[], snapshot: string | null): void {
      if (texts.length === 0) return;
      const own = ownOf(workspaceId);
      for (const text of texts) add(workspaceId, own, text);
      const { lastSeq: seq } = journal;
      const everWritten = own.rows.length + own.dropped;
      if (own.rows.length > cap) dropOldest(workspaceId, own);
      if (snapshot === null || everWritten % CHECKPOINT_EVERY >= texts.length) return;
      const earlier = disk.checkpoints.get(workspaceId) ?? [];
      put(undoable, disk.checkpoints, workspaceId, [...earlier, { seq, raw: snapshot }]);
    },

    page(workspaceId: string | null, { after, before, limit, order, events }: Page): JournalEntry[] {
      const rows = workspaceId === null ? journal.rows : (disk.journals.get(workspaceId)?.rows ?? []);
      const begin = placeAfter(rows, after ?? 0);
      const end = placeAfter(rows, (before ?? Number.MAX_SAFE_INTEGER) - 1);
      const backwards = (order ?? (after === undefined && before !== undefined ? 'desc' : 'asc')) === 'desc';
      const found: JournalEntry[] = [];
      for (let step = 0; step < end - begin && found.length < limit; step += 1) {
        const row = rows[backwards ? end - 1 - step : begin + step] as JournalRow;
        const isAsked = events === undefined || events.includes(row.event);
        if (isAsked && !journal.taken.has(row.seq)) found.push(toEntry(row));
      }
      return found;
    },

    dropped: (workspaceId: string): number => disk.journals.get(workspaceId)?.dropped ?? 0,

    /** Clears away what the cap took. Only between commits. */
    tidy(): void {
      if (journal.taken.size < MOST_TAKEN) return;
      journal.rows = journal.rows.filter(({ seq }) => !journal.taken.has(seq));
      journal.taken.clear();
    },
  };
};

/** Index of the first row whose number is above `seq`. */
const placeAfter = (rows: readonly JournalRow[], seq: number): number => {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] as JournalRow).seq <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
};

const toEntry = ({ reason, cause, child, ...row }: JournalRow): JournalEntry => ({
  ...row,
  reason: reason === null ? null : (JSON.parse(reason) as Reason),
  cause: JSON.parse(cause) as Json,
  ...(child === null ? {} : { child }),
});
