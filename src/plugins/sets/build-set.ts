import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordedPlugin } from '../../../machines/reconcile/outcome.ts';
import { KeepwellError } from '../../errors.ts';
import { copyTree } from '../tree/copy-tree.ts';
import { hashTree } from '../tree/hash-tree.ts';
import type { TreeOptions } from '../tree/list-tree.ts';
import { syncTree } from '../tree/sync-tree.ts';
import { treeFolder } from '../tree-store.ts';

/** A plugin that is to be in a set; `carriedFrom` is its folder in the set in force, if it stays. */
export type Wanted = { plugin: RecordedPlugin; carriedFrom: string | null };

/**
 * Fills a new folder with all plugins of a set, and puts it on the disk.
 *
 * What comes from the cache is hashed once more as it lies in the set. What is carried over comes from the cache too
 * if it is still there; otherwise it is copied as it is, changed or not.
 *
 * @throws {KeepwellError} `PLUGIN_CACHE_DAMAGED`
 */
export const buildSet = async (
  folder: string,
  wanted: readonly Wanted[],
  { cacheFolder, ...options }: TreeOptions & { cacheFolder: string },
): Promise<void> => {
  await mkdir(folder);
  for (const { plugin, carriedFrom } of wanted) {
    const to = join(folder, plugin.name);
    if (await copyFromCache(treeFolder(cacheFolder, plugin.treeHash), to, plugin, options)) continue;
    if (carriedFrom === null) {
      throw new KeepwellError('PLUGIN_CACHE_DAMAGED', {
        message: `The cached plugin ${plugin.name} is damaged or gone.`,
      });
    }
    await rm(to, { recursive: true, force: true });
    await copyTree(carriedFrom, to, { ...options, trusted: false });
  }
  await syncTree(folder);
};

const copyFromCache = async (
  from: string,
  to: string,
  { treeHash }: RecordedPlugin,
  options: TreeOptions,
) => {
  try {
    await copyTree(from, to, { ...options, trusted: true });
    return (await hashTree(to, options)).treeHash === treeHash;
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isGone) return false;
    throw error;
  }
};
