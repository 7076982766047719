import { KeepwellError } from '../errors.ts';
import type { Entry } from './entry.ts';

/** Every workspace that is not removed, by id and by name. `wasRemoved` tells gone from never known. */
export const createDirectory = (wasRemoved: (workspaceId: string) => boolean) => {
  const byId = new Map<string, Entry>();
  const byName = new Map<string, Entry>();
  /** Names of workspaces that are being created. */
  const reserved = new Set<string>();
  let sorted: string[] | null = null;

  const missing = (key: string): KeepwellError =>
    new KeepwellError(wasRemoved(key) ? 'WORKSPACE_REMOVED' : 'WORKSPACE_NOT_FOUND', {
      details: { workspace: key },
    });

  return {
    all: (): IterableIterator<Entry> => byId.values(),
    size: (): number => byId.size,
    has: (id: string): boolean => byId.has(id),
    find: (id: string): Entry | undefined => byId.get(id),
    /** @throws `WORKSPACE_NOT_FOUND`, `WORKSPACE_REMOVED` */
    byId(id: string): Entry {
      const entry = byId.get(id);
      if (entry === undefined) throw missing(id);
      return entry;
    },
    /** By id or name. @throws as `byId` */
    get(key: string): Entry {
      const entry = byId.get(key) ?? byName.get(key);
      if (entry === undefined) throw missing(key);
      return entry;
    },
    /** Sorted by name, from the one after `after`. */
    *from(after: string | null): Generator<Entry> {
      sorted ??= [...byName.keys()].toSorted();
      for (let at = after === null ? 0 : firstAfter(sorted, after); at < sorted.length; at += 1) {
        yield byName.get(sorted[at] as string) as Entry;
      }
    },
    /** Keeps a name free of others while its workspace is being created. @throws `WORKSPACE_EXISTS` */
    reserve(name: string): Disposable {
      if (reserved.has(name) || byName.has(name)) {
        throw new KeepwellError('WORKSPACE_EXISTS', { message: `A workspace named ${name} exists.` });
      }
      reserved.add(name);
      return { [Symbol.dispose]: () => void reserved.delete(name) };
    },
    add(entry: Entry): void {
      byId.set(entry.id, entry);
      byName.set(entry.spec.name, entry);
      sorted = null;
    },
    remove(entry: Entry): void {
      byId.delete(entry.id);
      byName.delete(entry.spec.name);
      sorted = null;
    },
  };
};

export type Directory = ReturnType<typeof createDirectory>;

const firstAfter = (sorted: string[], name: string): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) <= name) low = middle + 1;
    else high = middle;
  }
  return low;
};
