import type { NotifyChange, OutboxPatch, OutboxRow, OutboxState } from '../../../supervisor/outbox-port.ts';
import type { Json } from '../../../supervisor/ports.ts';
import type { MemoryDisk } from './memory-disk.ts';
import { put, type Undoable } from './undoable.ts';

type Query = { state: OutboxState; target?: string; limit: number };

/** So many rows of each target that are delivered, and so many that are dead, are kept. */
const KEPT_PER_TARGET = 100;

/** The outbox and the incidents on a disk of memory. */
export const createMemoryOutbox = (disk: MemoryDisk, undoable: Undoable) => {
  const { outbox, incidents } = disk.notices;

  const withdraw = (id: string): void => {
    for (const row of outbox.values()) {
      if (row.id === id && row.state === 'pending' && row.tries === 0)
        put(undoable, outbox, row.number, undefined);
    }
  };

  const add = (draft: NotifyChange['add'][number]): void => {
    for (const { id, target } of outbox.values()) if (id === draft.id && target === draft.target) return;
    const { lastNumber } = disk.notices;
    undoable.note(() => {
      disk.notices.lastNumber = lastNumber;
    });
    disk.notices.lastNumber = lastNumber + 1;
    const fresh = { tries: 0, batch: null, state: 'pending', problem: null, endedAt: null, receipt: null };
    put(undoable, outbox, lastNumber + 1, { ...draft, ...fresh, number: lastNumber + 1 } as OutboxRow);
  };

  const page = ({ state, target, limit }: Query): OutboxRow[] =>
    [...outbox.values()]
      .filter((row) => row.state === state && (target === undefined || row.target === target))
      .toSorted((a, b) =>
        state === 'pending'
          ? a.number - b.number
          : (b.endedAt ?? 0) - (a.endedAt ?? 0) || b.number - a.number,
      )
      .slice(0, limit);

  const prune = (target: string, state: OutboxState): void => {
    const rows = page({ state, target, limit: Number.POSITIVE_INFINITY });
    for (const { number } of rows.slice(KEPT_PER_TARGET)) put(undoable, outbox, number, undefined);
  };

  return {
    /** Makes of a change the job that writes it. */
    toWrite(change: NotifyChange): () => void {
      const own = structuredClone(change);
      return () => {
        for (const id of own.withdraw) withdraw(id);
        for (const draft of own.add) add(draft);
        if (own.incident !== null) {
          put(undoable, incidents, own.incident.subject, own.incident.state ?? undefined);
        }
      };
    },
    settle(patches: readonly OutboxPatch[]): void {
      for (const patch of patches) {
        const row = outbox.get(patch.number);
        if (row === undefined) continue;
        const changed = { ...row, ...patch };
        put(undoable, outbox, patch.number, changed);
        if (changed.state !== 'pending') prune(changed.target, changed.state);
      }
    },
    page: (query: Query): OutboxRow[] => structuredClone(page(query)),
    incidents: (): { subject: string; state: Json }[] =>
      [...incidents]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([subject, state]) => ({ subject, state: structuredClone(state) })),
  };
};
