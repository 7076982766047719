import { createWriteStream } from 'node:fs';
import { constants, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { eachOf } from '../each-of.ts';
import { isExecutable } from './hash-tree.ts';
import { type FoundEntry, listTree, type TreeOptions } from './list-tree.ts';
import { openRegularFile } from './open-file.ts';

/**
 * Copies a folder's files into a new folder: regular files alone, nothing generated, read-only. The copies share no
 * byte with the originals that a later write could reach; where the file system can, they share the disk (reflinks).
 * Hard links would be faster, but an agent runs as the same user: what it writes would be in the cache and everywhere.
 *
 * `trusted` says that nobody else writes to `from`; otherwise a file that becomes a link meanwhile is not followed.
 */
export const copyTree = async (
  from: string,
  to: string,
  { trusted, ...options }: TreeOptions & { trusted: boolean },
): Promise<void> => {
  const files = (await listTree(from, options)).filter(({ kind }) => kind === 'file');
  await mkdir(to, { recursive: true });
  await eachOf(files, AT_ONCE, async (file) => {
    options.signal.throwIfAborted();
    await mkdir(dirname(join(to, file.path)), { recursive: true });
    if (trusted) await copyFile(join(from, file.path), join(to, file.path), CLONE);
    else await copyBytes(join(from, file.path), join(to, file.path), file);
  });
};

const AT_ONCE = 8;
const CLONE = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

const copyBytes = async (from: string, to: string, { mode }: FoundEntry) => {
  const source = await openRegularFile(from);
  const copy = createWriteStream(to, { flags: 'wx', mode: isExecutable(mode) ? 0o555 : 0o444 });
  await pipeline(source.createReadStream(), copy);
};
