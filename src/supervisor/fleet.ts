import type { EpochMs } from '../../machines/time.ts';
import { restartsOfDay } from '../../machines/workspace/restart-budget.ts';
import type { Directory } from './directory.ts';
import { type Entry, nextRevision } from './entry.ts';
import type { Leases } from './leases.ts';
import { viewOf } from './views.ts';
import type { FleetChanges } from './watching-api.ts';

/** So many removals are remembered; whoever was away for longer is told everything. */
const REMOVALS = 1_000;

export type FleetOptions = {
  directory: Pick<Directory, 'all'>;
  leases: Pick<Leases, 'intervalMs'>;
  now: () => EpochMs;
};

/**
 * Watches everybody at once.
 *
 * Keeps nothing per watcher: a mark is a number that rose with every change, and whoever brings it back is told what
 * is above it. Costs beats nothing; a look is one pass over the fleet.
 */
export const createFleet = ({ directory, leases, now }: FleetOptions) => {
  const startedAt = now();
  const removals: { id: string; revision: number }[] = [];
  let forgotten = 0;

  const read = (mark: string | null): { revision: number; at: EpochMs } | null => {
    const [, boot, revision, at] = /^(\d+)-(\d+)-(\d+)$/.exec(mark ?? '') ?? [];
    if (boot !== String(Math.round(startedAt)) || Number(revision) < forgotten) return null;
    return { revision: Number(revision), at: Number(at) };
  };

  return {
    noteRemoval({ id }: Entry): void {
      removals.push({ id, revision: nextRevision() });
      if (removals.length > REMOVALS) forgotten = removals.shift()?.revision ?? 0;
    },
    changes(mark: string | null): FleetChanges {
      const at = now();
      const since = read(mark);
      const revision = nextRevision();
      const entries: FleetChanges['entries'] = [];
      const beats: FleetChanges['beats'] = [];
      for (const entry of directory.all()) {
        if (since === null || entry.revision > since.revision) {
          entries.push({
            view: viewOf(entry),
            restartsOfDay: restartsOfDay(entry.snapshot.context, at).length,
          });
        } else if ((entry.presence.lastHeartbeatAt ?? 0) >= since.at) {
          const { lastHeartbeatAt, leaseExpiresAt } = entry.presence;
          beats.push({ id: entry.id, lastHeartbeatAt, leaseExpiresAt });
        }
      }
      return {
        at,
        intervalMs: leases.intervalMs(),
        mark: `${Math.round(startedAt)}-${revision}-${Math.floor(at)}`,
        whole: since === null,
        entries,
        beats,
        removed:
          since === null ? [] : removals.filter((one) => one.revision > since.revision).map(({ id }) => id),
      };
    },
  };
};
