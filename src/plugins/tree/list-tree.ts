import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import type { PluginLimits } from '../limits.ts';
import { isGenerated } from './generated.ts';

/** Something found in a folder on disk, generated files and plain folders left out. */
export type FoundEntry = {
  path: string;
  kind: 'file' | 'link' | 'other' | 'unreadable';
  mode: number;
  size: number;
};

export type TreeOptions = { limits: PluginLimits; signal: AbortSignal };

/**
 * Lists all that counts in a folder, links not followed. A folder within it that cannot be read is one entry.
 *
 * @throws the system's error when `root` itself is no readable folder (a link is none)
 * @throws {KeepwellError} `PLUGIN_TOO_MANY_FILES` when there are more files, or more folders, than `limits.files`
 */
export const listTree = async (root: string, { limits, signal }: TreeOptions): Promise<FoundEntry[]> => {
  if (!(await lstat(root)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
  const found: FoundEntry[] = [];
  const folders = [''];
  for (let at = 0; at < folders.length; at++) {
    const folder = folders[at] as string;
    signal.throwIfAborted();
    const entries = await entriesOf(root, folder);
    if (entries === null) found.push({ path: folder, kind: 'unreadable', mode: 0, size: 0 });
    for (const entry of entries ?? []) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isGenerated(path)) continue;
      if (entry.isDirectory()) folders.push(path);
      else found.push(await look(root, path));
    }
    if (found.length > limits.files || folders.length > limits.files + 1)
      throw new KeepwellError('PLUGIN_TOO_MANY_FILES');
  }
  return found;
};

const entriesOf = async (root: string, folder: string): Promise<Dirent[] | null> => {
  try {
    return await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (folder === '') throw error;
    return null;
  }
};

const look = async (root: string, path: string): Promise<FoundEntry> => {
  try {
    const stats = await lstat(join(root, path));
    const kind = stats.isFile() ? 'file' : stats.isSymbolicLink() ? 'link' : 'other';
    return { path, kind, mode: stats.mode, size: stats.size };
  } catch {
    return { path, kind: 'unreadable', mode: 0, size: 0 };
  }
};
