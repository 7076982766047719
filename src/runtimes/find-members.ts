import type { ProcessEntry, ProcessIdentity } from './process-table.ts';

/** How to recognise the processes of one workspace. */
export type Belonging = {
  /** Bears the workspace's mark: survives setsid and double forks, not a cleared environment. */
  isMarked: (entry: ProcessEntry) => boolean;
  /** Processes known to be the workspace's. */
  known: readonly ProcessIdentity[];
  /** Process groups known to be the workspace's at this moment. */
  groups: readonly number[];
};

/**
 * All processes of a workspace: the marked, the known, whoever shares a process group with one of them, and
 * their descendants. Never this process, nor its process group because of a member that is the workspace's.
 */
export const findMembers = (
  entries: readonly ProcessEntry[],
  { isMarked, known, groups }: Belonging,
  self: number = process.pid,
): ProcessEntry[] => {
  const ownGroup = entries.find(({ pid }) => pid === self)?.pgid;
  const identities = new Map(known.map(({ pid, started }) => [pid, started]));
  const pids = new Set<number>();
  const pgids = new Set(groups);

  const belongs = (entry: ProcessEntry): boolean =>
    identities.get(entry.pid) === entry.started ||
    (pgids.has(entry.pgid) && entry.pgid !== ownGroup) ||
    pids.has(entry.ppid) ||
    isMarked(entry);

  for (let grew = true; grew; ) {
    grew = false;
    for (const entry of entries) {
      if (entry.pid === self || pids.has(entry.pid) || !belongs(entry)) continue;
      pids.add(entry.pid);
      pgids.add(entry.pgid);
      grew = true;
    }
  }
  return entries.filter(({ pid }) => pids.has(pid));
};
