import { hash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginSets } from './sets/plugin-sets.ts';
import type { TreeStore } from './tree-store.ts';

export type GarbageOptions = {
  cacheFolder: string;
  sets: Pick<PluginSets, 'history'>;
  store: Pick<TreeStore, 'list' | 'dropUnused'>;
  workspaceIds: readonly string[];
  /** Addresses of the repositories that declared plugins come from, as git wants them; null keeps every mirror. */
  addresses: readonly string[] | null;
  /** How long something that nobody needs is kept, in milliseconds. */
  unusedForMs: number;
  now: () => number;
  signal: AbortSignal;
};

/** What was freed. */
export type Freed = { trees: number; mirrors: number; memos: number };

/**
 * Removes from the cache what no workspace has and no rollback needs, once it was not used for a while.
 *
 * A tree is used when it is found or added, so whatever a reconcile has just fetched is young, and stays. Everything
 * here can be had again; a kill anywhere leaves nothing half removed that is ever seen.
 */
export const collectGarbage = async (options: GarbageOptions): Promise<Freed> => {
  const { cacheFolder, store, unusedForMs, now, signal } = options;
  const isOld = async (path: string): Promise<boolean> => {
    const found = await stat(path).catch(() => null);
    return found !== null && found.mtimeMs <= now() - unusedForMs;
  };

  const needed = await neededTrees(options);
  const freed: Freed = { trees: 0, mirrors: 0, memos: 0 };
  for (const { treeHash, usedAt } of await store.list()) {
    signal.throwIfAborted();
    const since = now() - unusedForMs;
    if (needed.has(treeHash) || usedAt > since) continue;
    if (await store.dropUnused(treeHash, since)) freed.trees += 1;
  }

  const kept = new Set((await store.list()).map(({ treeHash }) => treeHash));
  const memos = join(cacheFolder, 'revisions');
  for (const name of await namesIn(memos)) {
    signal.throwIfAborted();
    const treeHash = (await readFile(join(memos, name), 'utf8').catch(() => '')).trim();
    if (kept.has(treeHash) || !(await isOld(join(memos, name)))) continue;
    await rm(join(memos, name), { force: true });
    freed.memos += 1;
  }

  if (options.addresses === null) return freed;
  const wanted = new Set(options.addresses.map((address) => `${hash('sha256', address)}.git`));
  const mirrors = join(cacheFolder, 'git');
  for (const name of await namesIn(mirrors)) {
    signal.throwIfAborted();
    if (wanted.has(name) || !(await isOld(join(mirrors, name)))) continue;
    await rm(join(mirrors, name), { recursive: true, force: true, maxRetries: 3 });
    freed.mirrors += 1;
  }
  return freed;
};

/** Whatever is in a set that is still on disk, in force or to roll back to. */
const neededTrees = async ({ sets, workspaceIds, signal }: GarbageOptions): Promise<Set<string>> => {
  const needed = new Set<string>();
  for (const id of workspaceIds) {
    signal.throwIfAborted();
    for (const { plugins } of await sets.history(id)) {
      for (const { treeHash } of plugins) needed.add(treeHash);
    }
  }
  return needed;
};

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
