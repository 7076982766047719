import { createHash, hash } from 'node:crypto';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import { eachOf } from '../each-of.ts';
import { type FoundEntry, listTree, type TreeOptions } from './list-tree.ts';
import { openRegularFile } from './open-file.ts';
import { type FileRecord, hashRecords, type TreeHashes } from './tree-digest.ts';

/**
 * Hashes the bytes of a folder on disk. What cannot be read, or is no file, makes the hash differ; it never throws.
 *
 * @throws the system's error when `root` itself is no readable folder
 * @throws {KeepwellError} `PLUGIN_TOO_LARGE` as soon as the folder is found to be
 */
export const hashTree = async (root: string, options: TreeOptions): Promise<TreeHashes> => {
  const entries = await listTree(root, options);
  let bytesLeft = options.limits.bytes;
  const count = (bytes: number) => {
    options.signal.throwIfAborted();
    bytesLeft -= bytes;
    if (bytesLeft < 0) throw new KeepwellError('PLUGIN_TOO_LARGE');
  };
  return hashRecords(await eachOf(entries, FILES_AT_ONCE, (entry) => recordOf(root, entry, count)));
};

const FILES_AT_ONCE = 8;

const recordOf = async (
  root: string,
  entry: FoundEntry,
  count: (bytes: number) => void,
): Promise<FileRecord> => {
  if (entry.kind !== 'file') return oddity(entry.path, entry.kind);
  count(0);
  const content = await contentHash(join(root, entry.path), count);
  if (content === null) return oddity(entry.path, 'unreadable');
  return { path: entry.path, mark: isExecutable(entry.mode) ? 'x' : '-', content };
};

const oddity = (path: string, what: string): FileRecord => ({
  path,
  mark: '!',
  content: hash('sha256', what),
});

/** Only the owner's bit counts, as in git. */
export const isExecutable = (mode: number): boolean => (mode & 0o100) !== 0;

const contentHash = async (path: string, count: (bytes: number) => void): Promise<string | null> => {
  const handle = await openRegularFile(path).catch(() => null);
  if (handle === null) return null;
  try {
    const hasher = createHash('sha256');
    for (const chunk = Buffer.allocUnsafe(CHUNK); ; ) {
      const { bytesRead } = await handle.read(chunk).catch(() => ({ bytesRead: -1 }));
      if (bytesRead < 0) return null;
      if (bytesRead === 0) return hasher.digest('hex');
      count(bytesRead);
      hasher.update(chunk.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
};

const CHUNK = 64 * 1024;
