import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** What an instance writes goes to `agent.log`; older output is in `agent.log.1` and on, the oldest with the highest number. */
export const logPath = (logs: string, age: number): string =>
  join(logs, age === 0 ? 'agent.log' : `agent.log.${age}`);

/** Opens the log for a child to append to. A link or anything else that is not a file is refused. */
export const openLogToAppend = async (logs: string) => {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  const file = await open(logPath(logs, 0), O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error(`Not a file: ${logPath(logs, 0)}`);
};

export type OpenLog = { fd: number; inode: number; size: number };

/** Opens one file of the log for reading, or null when there is none. The caller closes `fd`. */
export const openLogToRead = (logs: string, age: number): OpenLog | null => {
  const fd = openOrNull(logPath(logs, age));
  if (fd === null) return null;
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, inode: stat.ino, size: stat.size };
  closeSync(fd);
  return null;
};

const openOrNull = (path: string): number | null => {
  try {
    // Neither a link nor a pipe that an agent puts here may lead or hold us.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO') return null;
    throw error;
  }
};
