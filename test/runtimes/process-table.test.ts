import { describe, expect, it } from 'vitest';
import { findMembers } from '../../src/runtimes/find-members.ts';
import { createMarks } from '../../src/runtimes/instance-mark.ts';
import { createLinuxProcessTable } from '../../src/runtimes/linux-process-table.ts';
import { parseProcStat } from '../../src/runtimes/parse-proc-stat.ts';
import { createPatience } from '../../src/runtimes/patience.ts';
import { type ProcessEntry, stillAlive } from '../../src/runtimes/process-table.ts';
import { createPsProcessTable } from '../../src/runtimes/ps-process-table.ts';
import { shareRuns } from '../../src/runtimes/share-runs.ts';
import { stopProcesses } from '../../src/runtimes/stop-processes.ts';

const stat = (name: string, state: string, threads: number) =>
  `42 (${name}) ${state} 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 ${threads} 0 987654 1 2 3`;

import { eventually } from './eventually.ts';

describe('a line of /proc/<pid>/stat', () => {
  it('is read right, whatever the program is called', () => {
    const read = { alive: true, ppid: 7, pgid: 42, startTicks: 987_654 };
    expect(parseProcStat(stat('sh', 'S', 1))).toEqual(read);
    expect(parseProcStat(stat('a) Z 1 1 (b', 'R', 1))).toEqual(read);
  });

  it('shows a zombie as not alive, unless other threads of it run on', () => {
    expect(parseProcStat(stat('sh', 'Z', 1)).alive).toBe(false);
    expect(parseProcStat(stat('sh', 'Z', 4)).alive).toBe(true);
    expect(parseProcStat(stat('sh', 'X', 0)).alive).toBe(false);
  });

  it('is refused when it makes no sense', () => {
    expect(() => parseProcStat('nonsense')).toThrow('/proc');
  });
});

describe('both ways to look at processes', () => {
  it('agree about this one', async () => {
    const [linux] = await createLinuxProcessTable(Date.now).some([process.pid]);
    const [ps] = await createPsProcessTable().some([process.pid]);
    expect(linux).toMatchObject({ pid: process.pid, ppid: process.ppid, pgid: ps?.pgid, mark: null });
    expect(ps).toMatchObject({ pid: process.pid, ppid: process.ppid, mark: null });
    expect(Math.abs((linux?.startedAt ?? 0) - (ps?.startedAt ?? 0))).toBeLessThan(5_000);
  });

  it.each([createLinuxProcessTable(Date.now), createPsProcessTable()])(
    'find nothing where nothing is, and this one among all',
    async (table) => {
      expect(await table.some([2 ** 22 + 1])).toEqual([]);
      expect(await table.some([])).toEqual([]);
      expect((await table.all()).map(({ pid }) => pid)).toContain(process.pid);
    },
  );
});

describe('a process that was seen before', () => {
  it('is still alive only while its pid and its start are the same', async () => {
    const table = createLinuxProcessTable(Date.now);
    const [me] = await table.some([process.pid]);
    const self = { pid: process.pid, started: me?.started ?? '' };
    expect(await stillAlive(table, [self, { pid: process.pid, started: 'another time' }])).toEqual([self]);
  });
});

describe('the processes of a workspace', () => {
  const entry = (pid: number, ppid: number, pgid: number, mark: string | null = null): ProcessEntry => ({
    pid,
    ppid,
    pgid,
    mark,
    started: `start of ${pid}`,
    startedAt: pid,
  });
  const isMarked = ({ mark }: ProcessEntry) => mark === 'ours';
  const pids = (entries: ProcessEntry[]) => entries.map(({ pid }) => pid);

  it('are the marked, their groups and their descendants, in whatever order they are listed', () => {
    const all = [
      entry(14, 13, 14),
      entry(13, 12, 11),
      entry(12, 1, 11),
      entry(10, 1, 10, 'ours'),
      entry(11, 10, 11),
      entry(20, 1, 20),
      entry(30, 1, 30, 'another'),
    ];
    expect(pids(findMembers(all, { isMarked, known: [], groups: [] }, 99))).toEqual([14, 13, 12, 10, 11]);
  });

  it('are known by pid and start together', () => {
    const known = [
      { pid: 10, started: 'start of 10' },
      { pid: 20, started: 'an earlier start' },
    ];
    const all = [entry(10, 1, 10), entry(20, 1, 20)];
    expect(pids(findMembers(all, { isMarked, known, groups: [] }, 99))).toEqual([10]);
  });

  it('are never this process nor its group', () => {
    const all = [
      entry(1, 0, 1),
      entry(50, 10, 40, 'ours'),
      entry(51, 50, 40),
      entry(52, 1, 40),
      entry(10, 1, 40, 'ours'),
    ];
    expect(pids(findMembers(all, { isMarked, known: [], groups: [] }, 50))).toEqual([10]);
  });
});

describe('stopping', () => {
  const ghost: ProcessEntry = {
    pid: 2 ** 22 + 1,
    ppid: 1,
    pgid: 2 ** 22 + 1,
    started: 'once',
    startedAt: 0,
    mark: null,
  };
  const table = { seesMarks: true, all: async () => [ghost], some: async () => [ghost] };

  it('fails and names what survives', async () => {
    const stop = stopProcesses(table, async () => [ghost], createPatience(0), 100);
    await expect(stop).rejects.toThrow(String(ghost.pid));
  });

  it('looks again after nothing was found, because something may have slipped through', async () => {
    const looks = [[ghost], [], [ghost], [], []];
    expect(await stopProcesses(table, async () => looks.shift() ?? [], createPatience(0), 5_000)).toBe(true);
    expect(looks).toEqual([]);
  });

  it('does nothing where nothing runs', async () => {
    expect(await stopProcesses(table, async () => [], createPatience(60_000))).toBe(false);
  });
});

describe('a mark', () => {
  const marks = createMarks('here');

  it('is read as it was written', () => {
    const mark = { workspaceId: '01abc', incarnation: 12 };
    expect(marks.read(marks.write(mark))).toEqual(mark);
  });

  it.each([null, '', 'there/01abc/1', 'here/../1', 'here/a/b/1', 'here/01abc/x', 'here/01abc', 'here//1'])(
    'is not believed when it is %j',
    (mark) => {
      expect(marks.read(mark)).toBeNull();
    },
  );
});

describe('a shared run', () => {
  it('answers each caller with a run that began after the call', async () => {
    let runs = 0;
    const ends: (() => void)[] = [];
    const shared = shareRuns(() => {
      const mine = ++runs;
      return new Promise<number>((resolve) => ends.push(() => resolve(mine)));
    });
    const first = shared();
    const [second, third] = [shared(), shared()];
    ends[0]?.();
    expect(await first).toBe(1);
    await eventually(() => ends.length === 2);
    ends[1]?.();
    expect(await Promise.all([second, third])).toEqual([2, 2]);
    const fourth = shared();
    await eventually(() => ends.length === 3);
    ends[2]?.();
    expect(await fourth).toBe(3);
  });
});
