import type { EpochMs } from '../../machines/time.ts';
import { createLinuxProcessTable } from './linux-process-table.ts';
import { createPsProcessTable } from './ps-process-table.ts';

/** One process that is alive. A pid alone says little, because pids come round again: `started` tells them apart. */
export type ProcessEntry = {
  pid: number;
  ppid: number;
  pgid: number;
  /** Differs between any two processes that ever had this pid, also across reboots. */
  started: string;
  startedAt: EpochMs;
  /** What `KEEPWELL_INSTANCE` was when the program began; null when there is none or it may not be read. */
  mark: string | null;
};

export type ProcessIdentity = Pick<ProcessEntry, 'pid' | 'started'>;

/** What runs on this machine. Zombies are not alive and never listed. Rejects when it cannot tell. */
export type ProcessTable = {
  /** Whether marks can be seen here; without them only recorded processes can be found again. */
  readonly seesMarks: boolean;
  /** Every process. Callers that come while a look is under way share the next one. */
  all(): Promise<ProcessEntry[]>;
  /** Those of `pids` that are alive. */
  some(pids: readonly number[]): Promise<ProcessEntry[]>;
};

export const createProcessTable = (now: () => EpochMs): ProcessTable =>
  process.platform === 'linux' ? createLinuxProcessTable(now) : createPsProcessTable();

/** Those that are still what they were, not a later process with the same pid. */
export const stillAlive = async <T extends ProcessIdentity>(
  table: ProcessTable,
  known: readonly T[],
): Promise<T[]> => {
  if (known.length === 0) return [];
  const alive = await table.some(known.map(({ pid }) => pid));
  const started = new Map(alive.map((entry) => [entry.pid, entry.started]));
  return known.filter((one) => started.get(one.pid) === one.started);
};
