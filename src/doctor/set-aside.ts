import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pid } from 'node:process';
import { openDataLock } from '../store/data-lock.ts';
import type { Installation } from './installation.ts';

/** Does something while no supervisor can start. @throws {KeepwellError} `DATA_FOLDER_LOCKED` when one runs */
export const whileStopped = async <T>(
  { folders }: Pick<Installation, 'folders'>,
  work: () => Promise<T>,
): Promise<T> => {
  const lock = openDataLock({ file: folders.lock, pid });
  try {
    return await work();
  } finally {
    lock.release();
  }
};

/**
 * Moves something of a data folder to the same path under `<data>/set-aside/<moment>`, where it is out of the way and
 * not lost. Returns where it is now; the root of the folder is never given.
 */
export const setAside = async (
  { folders, now }: Pick<Installation, 'folders' | 'now'>,
  path: string,
): Promise<string> => {
  const moment = new Date(now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const wanted = join(folders.root, 'set-aside', moment, relative(folders.root, path));
  let to = wanted;
  for (let n = 2; existsSync(to); n += 1) to = `${wanted}.${n}`;
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await rename(path, to);
  return relative(folders.root, to);
};
