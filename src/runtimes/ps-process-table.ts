import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProcessEntry, ProcessTable } from './process-table.ts';
import { shareRuns } from './share-runs.ts';

const run = promisify(execFile);

const COLUMNS = ['-o', 'pid=,ppid=,pgid=,stat=,lstart='];

/** Asks ps, where there is no /proc. Start times are exact to a second; marks cannot be seen. */
export const createPsProcessTable = (): ProcessTable => ({
  seesMarks: false,
  all: shareRuns(() => ps(['-A', ...COLUMNS])),
  some: async (pids) => (pids.length === 0 ? [] : ps(['-p', pids.join(','), ...COLUMNS])),
});

const ps = async (flags: string[]): Promise<ProcessEntry[]> => {
  const { stdout } = await run('ps', flags, {
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
    maxBuffer: 64 * 1024 * 1024,
  }).catch(nothingMatched);
  return stdout.split('\n').flatMap(parseLine);
};

/** `ps -p` ends with 1 and says nothing when none of the pids exists. */
const nothingMatched = (error: unknown): { stdout: string } => {
  const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
  if (code === 1 && stderr === '') return { stdout: stdout ?? '' };
  throw error;
};

const parseLine = (line: string): ProcessEntry[] => {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
  if (match === null) return [];
  const [, pid, ppid, pgid, state = '', started = ''] = match;
  if (state.startsWith('Z')) return [];
  return [
    {
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: Number(pgid),
      started,
      startedAt: Date.parse(`${started} UTC`),
      mark: null,
    },
  ];
};
