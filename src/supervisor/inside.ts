import type { Directory } from './directory.ts';
import type { Entry } from './entry.ts';
import type { Alarm } from './scheduler.ts';
import type { SupervisorInside } from './watching-api.ts';

/** Deadlines are named so far ahead. */
const NAMED = 10;

/** What is armed over all workspaces. One pass over the fleet. */
export const armedIn = (
  entries: ReturnType<Directory['all']>,
): Pick<SupervisorInside, 'leases' | 'deadlines'> => {
  const all = [...entries];
  const leases = all.filter(({ lease }) => lease.at !== null);
  const due = all.filter(({ deadline }) => deadline.at !== null).toSorted(byDeadline);
  return {
    leases: { armed: leases.length, nextAt: soonest(leases.map(({ lease }) => lease)) },
    deadlines: {
      armed: due.length,
      next: due.slice(0, NAMED).map(({ spec, snapshot, deadline }) => ({
        workspace: spec.name,
        name: snapshot.context.deadline?.name ?? '',
        at: deadline.at ?? 0,
      })),
    },
  };
};

const byDeadline = (a: Entry, b: Entry): number => (a.deadline.at ?? 0) - (b.deadline.at ?? 0);

const soonest = (alarms: Alarm[]): number | null =>
  alarms.reduce<number | null>(
    (least, { at }) => (at === null || (least !== null && least <= at) ? least : at),
    null,
  );
