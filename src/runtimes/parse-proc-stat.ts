export type ProcStat = { alive: boolean; ppid: number; pgid: number; startTicks: number };

/**
 * Reads one line of /proc/<pid>/stat.
 *
 * The program's name may hold blanks and brackets, so the fields are counted after the last bracket.
 * A process whose first thread ended is shown as a zombie while its other threads run on; it is alive.
 */
export const parseProcStat = (line: string): ProcStat => {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, pgid] = fields;
  const threads = Number(fields[17]);
  const startTicks = Number(fields[19]);
  if (state === undefined || !Number.isSafeInteger(startTicks)) throw new Error('/proc cannot be understood');
  const ended = state === 'Z' || state === 'X' || state === 'x';
  return { alive: !ended || threads > 1, ppid: Number(ppid), pgid: Number(pgid), startTicks };
};
