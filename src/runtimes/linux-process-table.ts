import { readdirSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { setImmediate as breathe } from 'node:timers/promises';
import type { EpochMs } from '../../machines/time.ts';
import { parseProcStat } from './parse-proc-stat.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';
import { shareRuns } from './share-runs.ts';

/** Linux counts time in hundredths of a second wherever /proc shows it, whatever the kernel's own rate. */
const TICK_MS = 10;

/** How many processes are read before the event loop gets its turn. */
const SLICE = 100;

const MARK = 'KEEPWELL_INSTANCE=';

/** Reads /proc. The identity of a process is the boot it lives in and the tick at which it began. */
export const createLinuxProcessTable = (now: () => EpochMs): ProcessTable => {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const bootedAt = Math.round(now() - uptime() * 1000);

  const read = (pid: number): ProcessEntry | null => {
    const text = readOrNull(`/proc/${pid}/stat`);
    if (text === null) return null;
    const stat = parseProcStat(text.toString('latin1'));
    if (!stat.alive) return null;
    return {
      pid,
      ppid: stat.ppid,
      pgid: stat.pgid,
      started: `${boot}:${stat.startTicks}`,
      startedAt: bootedAt + stat.startTicks * TICK_MS,
      mark: readMark(pid),
    };
  };

  const some = async (pids: readonly number[]): Promise<ProcessEntry[]> => {
    const found: ProcessEntry[] = [];
    for (const [index, pid] of pids.entries()) {
      if (index > 0 && index % SLICE === 0) await breathe();
      const entry = read(pid);
      if (entry !== null) found.push(entry);
    }
    return found;
  };

  const all = () =>
    some(
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number),
    );

  return { seesMarks: true, all: shareRuns(all), some };
};

const readMark = (pid: number): string | null => {
  const environ = readOrNull(`/proc/${pid}/environ`);
  if (environ === null) return null;
  const text = environ.toString('utf8');
  const at = text.startsWith(MARK) ? 0 : text.indexOf(`\0${MARK}`) + 1;
  if (at === 0 && !text.startsWith(MARK)) return null;
  const end = text.indexOf('\0', at);
  return text.slice(at + MARK.length, end === -1 ? undefined : end);
};

/** Null when the process is gone or not ours to look into. Anything else means that /proc cannot be trusted. */
const readOrNull = (path: string): Buffer | null => {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
};
