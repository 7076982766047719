import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { DurationMs } from '../../machines/time.ts';
import { KeepwellError } from '../errors.ts';
import { APPLICATION_ID } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';

/**
 * Refuses a file that is not a sound database of this or an older Keepwell. Reads only.
 *
 * After an unclean stop the whole file is checked, about a second per GB; after a clean one only its header.
 *
 * @throws `STORE_FROM_FUTURE`, `STORE_DAMAGED`, `DATA_FOLDER_UNUSABLE`, or what SQLite says of a file it cannot read
 */
export const inspectDatabase = (file: string, busyTimeoutMs: DurationMs): void => {
  const bytes = sizeOf(file);
  if (bytes === null) return;
  if (bytes === 0) {
    // SQLite would take an empty file for a new database and delete the log that still holds the old one.
    if ((sizeOf(`${file}-wal`) ?? 0) > 0) throw damaged(`${file} is empty, but its write-ahead log is not.`);
    return;
  }
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  try {
    const version = db.pragma('user_version', { simple: true }) as number;
    if (isUnborn(db, version)) return;
    refuseForeign(db, file);
    refuseFuture(version);
    if (!wasStoppedCleanly(db)) refuseDamaged(db, file);
  } finally {
    db.close();
  }
};

const sizeOf = (file: string): number | null => {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (found.isFile()) return found.size;
  throw new KeepwellError('DATA_FOLDER_UNUSABLE', { message: `${file} is not a file.` });
};

const damaged = (message: string): KeepwellError => new KeepwellError('STORE_DAMAGED', { message });

/** A database whose very first opening was interrupted before its tables existed. */
const isUnborn = (db: Database.Database, version: number): boolean =>
  version === 0 &&
  applicationId(db) === 0 &&
  db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;

const applicationId = (db: Database.Database): number =>
  db.pragma('application_id', { simple: true }) as number;

const refuseForeign = (db: Database.Database, file: string): void => {
  if (applicationId(db) !== APPLICATION_ID) throw damaged(`${file} is a database, but not one of Keepwell.`);
};

const refuseFuture = (version: number): void => {
  if (version <= MIGRATIONS.length) return;
  throw new KeepwellError('STORE_FROM_FUTURE', {
    message: `The database has schema version ${version}; this Keepwell knows versions up to ${MIGRATIONS.length}.`,
    details: { found: version, known: MIGRATIONS.length },
  });
};

const wasStoppedCleanly = (db: Database.Database): boolean =>
  db.prepare<[], number>('SELECT stopped_cleanly FROM installation').pluck().get() === 1;

const refuseDamaged = (db: Database.Database, file: string): void => {
  const findings = db.prepare<[], string>('PRAGMA quick_check(5)').pluck().all();
  if (findings.length === 1 && findings[0] === 'ok') return;
  throw damaged(`${file} is damaged: ${findings.join('; ')}.`);
};
