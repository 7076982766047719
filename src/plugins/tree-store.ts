import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { access, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { RestartPreference } from '../../machines/workspace/spec.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import { readManifest } from './manifest.ts';
import type { TreeOptions } from './tree/list-tree.ts';
import { syncTree } from './tree/sync-tree.ts';
import type { TreeEntry } from './tree/tree-entry.ts';
import { writeTree } from './tree/write-tree.ts';
import { syncPath, writeFileWhole } from './write-file.ts';

/** What is known of a cached tree without reading it. */
export type StoredTree = {
  treeHash: string;
  coreHash: string;
  /** SHA-256 of `plugin.yaml`; null when there is none. */
  manifestHash: string | null;
  restart: RestartPreference;
  /** What the agent has to be built on; empty when any will do. */
  runtimes: string[];
};

/** Where a tree is kept; the one place that knows. */
export const treeFolder = (cacheFolder: string, treeHash: string): string =>
  join(cacheFolder, 'trees', treeHash);

/** Every tree that counts, and when it was last found or added, in epoch milliseconds. Reads and changes nothing else. */
export const listTrees = async (cacheFolder: string): Promise<{ treeHash: string; usedAt: number }[]> => {
  const trees = join(cacheFolder, 'trees');
  const found: { treeHash: string; usedAt: number }[] = [];
  const names = await readdir(trees).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    const [, treeHash] = /^([0-9a-f]{64})\.json$/.exec(name) ?? [];
    const stats = treeHash === undefined ? null : await stat(join(trees, name)).catch(() => null);
    if (treeHash !== undefined && stats !== null) found.push({ treeHash, usedAt: stats.mtimeMs });
  }
  return found;
};

/** Complete, checked plugins on disk, each under its tree hash. What is there never changes. */
export type TreeStore = {
  /** The tree with that hash, or null; reads no content. */
  find(treeHash: string): Promise<StoredTree | null>;
  /** Checks and keeps what a source offers. On disk when this resolves; if it rejects, nothing is kept. */
  add(entries: AsyncIterable<TreeEntry>, options: TreeOptions): Promise<StoredTree>;
  /** Every tree, and when it was last found or added, in epoch milliseconds. */
  list(): Promise<{ treeHash: string; usedAt: number }[]>;
  /** Forgets a tree that was not used since a moment; says whether it did. */
  dropUnused(treeHash: string, since: number): Promise<boolean>;
  /** Forgets a tree at once; nobody sees half of it. */
  drop(treeHash: string): Promise<void>;
};

/**
 * Makes the store. What another process left half-done is removed first, so one process may use a folder at a time.
 *
 * A tree is written under `staging/`, synced and renamed to `trees/<hash>`. Its description, `trees/<hash>.json`, is
 * there before it; without one a tree does not count.
 */
export const createTreeStore = (cacheFolder: string, now?: () => number): TreeStore => {
  const staging = join(cacheFolder, 'staging');
  const trees = join(cacheFolder, 'trees');
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  mkdirSync(trees, { recursive: true });
  for (const name of readdirSync(trees).filter((name) => name.endsWith('.tmp'))) rmSync(join(trees, name));

  const alone = createKeyedQueue();

  const folderOf = (treeHash: string) => treeFolder(cacheFolder, treeHash);
  const noteOf = (treeHash: string) => join(trees, `${treeHash}.json`);

  /** The note's time says when a tree was last of use. */
  const touch = async (treeHash: string) => {
    const used = new Date(now?.() ?? Date.now());
    await utimes(noteOf(treeHash), used, used).catch(() => {});
  };

  const find = async (treeHash: string) => {
    const isThere = await access(folderOf(treeHash)).then(
      () => true,
      () => false,
    );
    if (!isThere) return null;
    const tree = await readNote(noteOf(treeHash), treeHash);
    if (tree !== null) await touch(treeHash);
    return tree;
  };

  const remove = async (treeHash: string) => {
    const grave = join(staging, randomUUID());
    await rename(folderOf(treeHash), grave).catch(() => {});
    await rm(noteOf(treeHash), { force: true });
    await rm(grave, { recursive: true, force: true });
  };

  const keep = async (folder: string, tree: StoredTree) => {
    if ((await find(tree.treeHash)) !== null) return;
    await syncTree(folder);
    await remove(tree.treeHash);
    await writeFileWhole(noteOf(tree.treeHash), `${JSON.stringify({ ...tree, addedAt: now?.() ?? null })}\n`);
    await touch(tree.treeHash);
    await rename(folder, folderOf(tree.treeHash));
    await syncPath(trees);
  };

  return {
    find,
    list: () => listTrees(cacheFolder),
    dropUnused: (treeHash, since) =>
      alone(treeHash, async () => {
        const { mtimeMs } = await stat(noteOf(treeHash));
        // Whoever found it meanwhile is about to use it.
        if (mtimeMs > since) return false;
        await remove(treeHash);
        return true;
      }),
    drop: (treeHash) => alone(treeHash, () => remove(treeHash)),
    async add(entries, options) {
      const folder = join(staging, randomUUID());
      try {
        const hashes = await writeTree(entries, folder, options);
        const { manifest, manifestHash } = await readManifest(folder);
        const { restart, runtimes } = manifest;
        const tree = { ...hashes, manifestHash, restart: restart ?? 'auto', runtimes: runtimes ?? [] };
        options.signal.throwIfAborted();
        // Another source may bring the same tree at the same time.
        await alone(tree.treeHash, () => keep(folder, tree));
        return tree;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
};

const readNote = async (file: string, treeHash: string): Promise<StoredTree | null> => {
  try {
    const note = JSON.parse(await readFile(file, 'utf8')) as StoredTree;
    const isWhole =
      note.treeHash === treeHash &&
      /^[0-9a-f]{64}$/.test(note.coreHash) &&
      (note.manifestHash === null || /^[0-9a-f]{64}$/.test(note.manifestHash)) &&
      ['never', 'auto', 'always'].includes(note.restart) &&
      Array.isArray(note.runtimes);
    const { coreHash, manifestHash, restart, runtimes } = note;
    return isWhole ? { treeHash, coreHash, manifestHash, restart, runtimes } : null;
  } catch {
    return null;
  }
};
