import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { DurationMs } from '../../machines/time.ts';
import { KeepwellError } from '../errors.ts';
import { inspectDatabase } from './inspect-database.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import { toOpenError } from './sqlite-errors.ts';

export type DatabaseOptions = {
  file: string;
  /** How long a statement waits for another process's lock; it blocks the event loop meanwhile. */
  busyTimeoutMs: DurationMs;
  /** The write-ahead log is cut back to this when it starts anew. */
  walBytes: number;
};

/**
 * Opens and migrates a database, or makes a new one readable by its owner only.
 *
 * Nothing is changed in a file that is refused. One of an older schema is copied before it is migrated.
 *
 * @throws `STORE_FROM_FUTURE`, `STORE_DAMAGED`, `DATA_FOLDER_UNUSABLE`, `STORE_UNWRITABLE`
 */
export const openDatabase = ({ file, busyTimeoutMs, walBytes }: DatabaseOptions): Database.Database => {
  try {
    inspectDatabase(file, busyTimeoutMs);
    // Closing any descriptor of a file drops the process's locks on it, so only a file nobody has open is touched here.
    if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
    const db = new Database(file, { timeout: busyTimeoutMs });
    try {
      configure(db, file, walBytes);
      keepBeforeMigration(db, file);
      migrate(db);
      db.exec('UPDATE installation SET stopped_cleanly = 0');
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw toOpenError(error, file);
  }
};

/** So many copies from before a migration are kept. */
const COPIES = 3;

/** Copies a database that is about to be migrated to `<file>.schema-<version>`: the way back, if the new version is not to stay. */
const keepBeforeMigration = (db: Database.Database, file: string): void => {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version === 0 || version >= MIGRATIONS.length) return;
  const copy = `${file}.schema-${version}`;
  const draft = `${copy}.draft`;
  rmSync(draft, { force: true });
  closeSync(openSync(draft, 'wx', 0o600));
  db.prepare('VACUUM INTO ?').run(draft);
  const written = openSync(draft, 'r+');
  fsyncSync(written);
  closeSync(written);
  // In the place of one of an earlier attempt, which says less.
  renameSync(draft, copy);
  const start = `${basename(file)}.schema-`;
  const versions = readdirSync(dirname(file))
    .filter((name) => name.startsWith(start))
    .map((name) => Number(name.slice(start.length)))
    .filter((number) => Number.isInteger(number))
    .toSorted((a, b) => b - a);
  for (const old of versions.slice(COPIES)) rmSync(`${file}.schema-${old}`);
};

const configure = (db: Database.Database, file: string, walBytes: number): void => {
  const mode = db.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal') {
    throw new KeepwellError('DATA_FOLDER_UNUSABLE', {
      message: `${file} is on a file system without shared memory, which the write-ahead log needs.`,
    });
  }
  // better-sqlite3 is built with NORMAL for WAL, which loses acknowledged commits in a power cut.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma(`journal_size_limit = ${walBytes}`);
};
