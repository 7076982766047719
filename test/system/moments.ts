import type { Wrappers } from '../../src/main.ts';
import type { JournalDraft } from '../../src/supervisor/ports.ts';

/** Moments that last for one turn of the event loop. */
export type Moment =
  | 'before the reconcile settles'
  | 'the reconcile settled'
  | 'the stop settled'
  | 'it came online';

const momentOf = ({ event, to }: JournalDraft): Moment | null => {
  if (event === 'reconcile.settled') return 'the reconcile settled';
  if (event === 'stop.settled') return 'the stop settled';
  return to === 'wanted.online.reconciling' && event !== 'operator.reconciled' ? 'it came online' : null;
};

/** Tells of a moment within the very turn of the event loop in which it comes. */
export const createMoments = () => {
  const awaited = new Map<Moment, () => void>();
  const tell = (moment: Moment | null) => {
    if (moment === null) return;
    awaited.get(moment)?.();
    awaited.delete(moment);
  };
  const around: Partial<Wrappers> = {
    store: (real) => ({
      ...real,
      commit(change) {
        for (const row of change.journal ?? []) if (row.kind === 'transition') tell(momentOf(row));
        return real.commit(change);
      },
    }),
    sets: (real) => ({
      ...real,
      async installed(id) {
        const set = await real.installed(id);
        tell('before the reconcile settles');
        return set;
      },
    }),
  };
  const at = (moment: Moment) => new Promise<void>((resolve) => awaited.set(moment, resolve));
  return { around, at };
};
