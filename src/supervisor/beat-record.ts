import type { EpochMs } from '../../machines/time.ts';
import type { Offline } from '../../machines/workspace/backtest.ts';
import type { Supervisor } from './api.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import type { JournalEntry, Store } from './ports.ts';

type Recording = Pick<Supervisor, 'settleBeats' | 'beatRecord'>;

const ENDS = ['lease.expired', 'instance.exited'];
const PAGE = 500;

/** What is remembered of beats, for those who judge a policy by it. */
export const recordingSide = (
  { directory, leases, store }: Pick<Core, 'directory' | 'leases' | 'store'>,
  settle: (entries: Entry[]) => Promise<void>,
): Recording => ({
  settleBeats: (keys) => settle(keys.map((key) => directory.get(key))),
  beatRecord(key, since) {
    const entry = directory.get(key);
    const { id, spec, gate } = entry;
    const leastLeaseMs = 2 * leases.intervalMs();
    return {
      ...store.beats(id, { since, gapsFromMs: leastLeaseMs }),
      id,
      name: spec.name,
      offlineAfterMs: gate.offlineAfterMs,
      leastLeaseMs,
      offlines: offlinesSince(store, id, since),
      journalSince: journalBegin(store, entry),
    };
  },
});

/** Oldest first. */
const offlinesSince = (store: Pick<Store, 'journal'>, workspaceId: string, since: EpochMs): Offline[] => {
  const found: Offline[] = [];
  for (let before: number | undefined; ; ) {
    const page = {
      limit: PAGE,
      order: 'desc',
      events: ENDS,
      ...(before === undefined ? {} : { before }),
    } as const;
    const rows = store.journal(workspaceId, page);
    const inTime = rows.filter(({ at }) => at >= since);
    found.push(...inTime.flatMap((row) => offlineOf(row) ?? []));
    if (rows.length < PAGE || inTime.length < rows.length) return found.toReversed();
    before = rows.at(-1)?.seq;
  }
};

/** Null where silence was not what the workspace was judged by: at its start, or when it was down already. */
const offlineOf = ({ kind, event, from, to, at, cause }: JournalEntry): Offline | null => {
  const wasUp = from !== null && /^wanted\.(online\b|degraded$)/.test(from);
  if (kind !== 'transition' || !wasUp || from === to) return null;
  const { lastBeatAt = null } = cause as { lastBeatAt?: EpochMs | null };
  if (event === 'instance.exited') return { at, by: 'exit', lastBeatAt: null };
  return event === 'lease.expired' ? { at, by: 'silence', lastBeatAt } : null;
};

/** The first row of a journal stays for ever; what was dropped lay between it and the second one. */
const journalBegin = (store: Pick<Store, 'journal' | 'droppedRows'>, { id, createdAt }: Entry): EpochMs => {
  if (store.droppedRows(id) === 0) return createdAt;
  return store.journal(id, { after: 0, limit: 2, order: 'asc' })[1]?.at ?? createdAt;
};
