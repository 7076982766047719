import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { type OpenedStore, openStore, type StoreOptions } from '../../src/store/open-store.ts';
import type { StoredSnapshot } from '../../src/store/types.ts';
import { NOON } from './records.ts';

export * from './records.ts';

/** An empty folder that goes when the test ends. */
export const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keepwell-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A path for a database that does not exist yet. */
export const aFile = (): string => join(aFolder(), 'keepwell.db');

/** Opens a store that is closed when the test ends; `faults` collects what it reports. */
export const open = (
  file: string,
  options: Partial<StoreOptions> = {},
): OpenedStore & { faults: unknown[] } => {
  const faults: unknown[] = [];
  const store = openStore({ file, now: () => NOON, onFault: (fault) => faults.push(fault), ...options });
  onTestFinished(() => store.close());
  return Object.assign(store, { faults });
};

/** Timers that go off when the test says so. */
export const handTimers = () => {
  const due = new Set<() => void>();
  return {
    schedule: (run: () => void) => {
      due.add(run);
      return () => void due.delete(run);
    },
    pass: () => {
      const now = Array.from(due);
      due.clear();
      for (const run of now) run();
    },
    count: () => due.size,
  };
};

/** Looks at a database, or damages it, behind the store's back. */
export const behindItsBack = <T>(file: string, work: (db: Database.Database) => T): T => {
  const db = new Database(file);
  try {
    return work(db);
  } finally {
    db.close();
  }
};

/** How many transactions the write-ahead log holds: SQLite marks the last frame of each. */
export const commitsInLog = (file: string): number => {
  const log = readFileSync(`${file}-wal`);
  const pageBytes = log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let commits = 0;
  for (let frame = 32; frame + 24 + pageBytes <= log.length; frame += 24 + pageBytes) {
    if (!log.subarray(frame + 8, frame + 16).equals(salt)) break;
    if (log.readUInt32BE(frame + 4) > 0) commits += 1;
  }
  return commits;
};

export const valueOf = (rawSnapshot: string): unknown => (JSON.parse(rawSnapshot) as StoredSnapshot).value;
