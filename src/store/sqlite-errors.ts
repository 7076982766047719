import Database from 'better-sqlite3';
import { KeepwellError } from '../errors.ts';

const { SqliteError } = Database;

/** Faults of the disk or the file: they hit every write, whatever it says. */
const DISK =
  /^SQLITE_(FULL|IOERR|READONLY|CORRUPT|NOTADB|BUSY|LOCKED|PROTOCOL|CANTOPEN|PERM|AUTH|NOMEM|INTERRUPT)/;

/** Whether trying the same write again later may succeed, and any other write would fail now as well. */
export const isDiskFault = (error: unknown): boolean => error instanceof SqliteError && DISK.test(error.code);

/** One line about what SQLite said, e.g. `database or disk is full (SQLITE_FULL)`. */
export const sqliteProblem = (error: unknown): string => {
  if (error instanceof SqliteError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
};

export const storeUnwritable = (problem: string, cause?: unknown): KeepwellError =>
  new KeepwellError('STORE_UNWRITABLE', { message: `The database cannot be written: ${problem}.`, cause });

/** Why one job was refused although the database can be written. */
export const toRefusal = (error: unknown): unknown => {
  if (!(error instanceof SqliteError)) return error;
  if (error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
    return new KeepwellError('WORKSPACE_NOT_FOUND', { cause: error });
  }
  if (error.message.includes('workspaces.name'))
    return new KeepwellError('WORKSPACE_EXISTS', { cause: error });
  if (error.message.includes('access_tokens.name')) {
    return new KeepwellError('TOKEN_EXISTS', { cause: error });
  }
  if (error.message.includes('idempotency.key')) {
    return new KeepwellError('IDEMPOTENCY_CONFLICT', { cause: error });
  }
  return new KeepwellError('INTERNAL', {
    message: `The database refused a row: ${sqliteProblem(error)}.`,
    cause: error,
  });
};

/** Why a database could not be opened, as an error that says what to do. */
export const toOpenError = (error: unknown, file: string): unknown => {
  if (error instanceof KeepwellError) return error;
  const problem = sqliteProblem(error);
  const code = error instanceof SqliteError ? error.code : '';
  if (/^SQLITE_(NOTADB|CORRUPT|ERROR)/.test(code)) {
    return new KeepwellError('STORE_DAMAGED', { message: `${file} is damaged: ${problem}.`, cause: error });
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(code) || isMissingFolder(error)) {
    return new KeepwellError('DATA_FOLDER_UNUSABLE', {
      message: `${file} cannot be opened for writing: ${problem}.`,
      cause: error,
    });
  }
  if (!isDiskFault(error)) return error;
  return new KeepwellError('STORE_UNWRITABLE', {
    message: `${file} cannot be opened: ${problem}.`,
    hint: 'Free disk space, end whatever else uses the file, and start again.',
    cause: error,
  });
};

/** better-sqlite3 answers a missing folder with a TypeError, node with an errno. */
const isMissingFolder = (error: unknown): boolean =>
  error instanceof Error && (/directory does not exist/.test(error.message) || 'errno' in error);
