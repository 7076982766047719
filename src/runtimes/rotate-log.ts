import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { logPath } from './log-file.ts';

export type LogLimits = {
  /** A log above this size is rotated. */
  maxBytes: number;
  /** How many older files are kept; at least 1. */
  keep: number;
};

const BLOCK = 256 * 1024;
const ROUNDS = 8;
const LONGEST_REST = 16 * BLOCK;

/**
 * Copies a log that grew too large to `agent.log.1` and empties it; older files move up, the oldest goes.
 *
 * The instance keeps its file descriptor, so the file cannot be renamed away from under it. The price: output written
 * between the last read and the truncation (microseconds) is lost, and a crash in between leaves it twice. The limit
 * is soft: a log grows on until somebody looks. Of one above twice the limit, the newest `maxBytes` are kept.
 *
 * The copy's last step, the renames and the truncation are one synchronous piece: a reader in this process sees all
 * of it or nothing.
 *
 * @returns Whether it was rotated.
 * @throws When the copy fails (disk full). A log above twice the limit is emptied even then.
 */
export const rotateLog = async (logs: string, { maxBytes, keep }: LogLimits): Promise<boolean> => {
  const path = logPath(logs, 0);
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size <= maxBytes) return false;

  const log = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  const draft = `${path}.rotating`;
  const removeDraft = () => rmSync(draft, { recursive: true, force: true });
  try {
    removeDraft();
    const copy = openSync(draft, 'wx', 0o600);
    try {
      const from = size > 2 * maxBytes ? size - maxBytes : 0;
      const until = await catchUp(log, copy, from);
      copyRest(log.fd, copy, until);
    } finally {
      closeSync(copy);
    }
    for (let age = keep - 1; age >= 1; age--) moveUp(logs, age);
    renameSync(draft, logPath(logs, 1));
    ftruncateSync(log.fd);
    return true;
  } catch (error) {
    removeDraft();
    if (size > 2 * maxBytes) ftruncateSync(log.fd);
    throw error;
  } finally {
    await log.close();
  }
};

/** Copies until only a block is left. A flood that cannot be caught up with must not keep us here. */
const catchUp = async (log: FileHandle, copy: number, from: number): Promise<number> => {
  const block = Buffer.alloc(BLOCK);
  let at = from;
  for (let round = 0; round < ROUNDS; round++) {
    const { size } = await log.stat();
    if (size - at < BLOCK) break;
    while (at < size) {
      const { bytesRead } = await log.read(block, 0, Math.min(BLOCK, size - at), at);
      if (bytesRead === 0) return at;
      writeFileSync(copy, block.subarray(0, bytesRead));
      at += bytesRead;
    }
  }
  return at;
};

const copyRest = (log: number, copy: number, from: number): void => {
  const rest = Buffer.alloc(Math.min(LONGEST_REST, Math.max(0, fstatSync(log).size - from)));
  writeFileSync(copy, rest.subarray(0, readSync(log, rest, 0, rest.length, from)));
};

const moveUp = (logs: string, age: number): void => {
  try {
    renameSync(logPath(logs, age), logPath(logs, age + 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
};
