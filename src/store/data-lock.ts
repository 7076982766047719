import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { KeepwellError } from '../errors.ts';
import { sqliteProblem } from './sqlite-errors.ts';

export type DataLock = { release(): void };

/**
 * Makes this process the only supervisor of a data folder until `release`, or until it ends, however it ends.
 *
 * The lock is the kernel's (SQLite's exclusive lock on an empty database), so it is never stale. Nothing may open
 * `file` itself meanwhile: closing any descriptor of it would drop the lock. Whose it is stands in `<file>.pid`,
 * which alone means nothing. Releasing twice is harmless.
 *
 * @throws `DATA_FOLDER_LOCKED` naming the process that holds it; `DATA_FOLDER_UNUSABLE`
 */
export const openDataLock = ({ file, pid }: { file: string; pid: number }): DataLock => {
  const pidFile = `${file}.pid`;
  const db = seize(file, pidFile);
  try {
    writePid(pidFile, pid);
  } catch (error) {
    db.close();
    throw unusable(file, error);
  }
  return {
    release: () => {
      if (!db.open) return;
      // In this order: once the lock is free the file belongs to the next one.
      rmSync(pidFile, { force: true });
      db.close();
    },
  };
};

/**
 * Who holds the lock, for another process than the holder; null when nobody does. Holds nothing itself when it returns.
 *
 * `pid` is null where the holder does not say who it is. A file that cannot be read counts as not locked.
 */
export const readLockHolder = (file: string): { pid: number | null } | null => {
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return null;
  } catch (error) {
    const isHeld = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    return isHeld ? { pid: readPid(`${file}.pid`) } : null;
  } finally {
    db?.close();
  }
};

const seize = (file: string, pidFile: string): Database.Database => {
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { timeout: 0 });
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) throw locked(pidFile);
    throw unusable(file, error);
  }
};

const locked = (pidFile: string): KeepwellError => {
  const pid = readPid(pidFile);
  const holder = pid === null ? 'Another supervisor' : `Another supervisor (process ${pid})`;
  return new KeepwellError('DATA_FOLDER_LOCKED', {
    message: `${holder} uses this data folder.`,
    details: { pid },
  });
};

const unusable = (file: string, cause: unknown): KeepwellError =>
  new KeepwellError('DATA_FOLDER_UNUSABLE', {
    message: `${file} cannot be locked: ${sqliteProblem(cause)}.`,
    ...(isFull(cause) ? { hint: 'Free disk space.' } : {}),
    cause,
  });

const isFull = (cause: unknown): boolean =>
  ['ENOSPC', 'SQLITE_FULL'].includes((cause as { code?: string }).code ?? '');

const readPid = (pidFile: string): number | null => {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
};

/** By rename, so that a reader sees a whole number. */
const writePid = (pidFile: string, pid: number): void => {
  const draft = `${pidFile}.new`;
  writeFileSync(draft, `${pid}\n`, { mode: 0o600 });
  renameSync(draft, pidFile);
};
