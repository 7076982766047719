import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { KeepwellError } from '../../errors.ts';
import { inspectDatabase } from '../../store/inspect-database.ts';
import { MIGRATIONS } from '../../store/migrations.ts';
import { type Check, type Finding, fine, problem, warning } from '../check.ts';

const WAIT_MS = 5_000;

export const database: Check = {
  id: 'database',
  async look({ folders, isOurs, running }) {
    const file = folders.database;
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return [fine('There is no database yet; the first start makes it.')];
    if (!isOurs && running === null) return [];
    if (found.size === 0 && !statSync(`${file}-wal`, { throwIfNoEntry: false })?.size)
      return [
        warning('The database is empty: a first start was interrupted.', '`keepwell up` makes it anew.'),
      ];
    try {
      inspectDatabase(file, WAIT_MS);
      return lookInside(file);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof KeepwellError) return [problem(message, error.hint)];
      return [problem(`The database cannot be read: ${message}.`, RESTORE)];
    }
  },
};

const RESTORE =
  'Stop Keepwell, move keepwell.db and what begins like it away, and restore a backup into another folder.';

const lookInside = (file: string): Finding[] => {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: WAIT_MS });
  try {
    const findings = db.prepare<[], string>('PRAGMA quick_check(3)').pluck().all();
    if (findings[0] !== 'ok') return [problem(`The database is damaged: ${findings.join('; ')}.`, RESTORE)];
    const schema = db.pragma('user_version', { simple: true }) as number;
    const strays = db.pragma('foreign_key_check') as { table: string; parent: string }[];
    const [first] = strays;
    if (first !== undefined) {
      return [
        problem(
          `${strays.length} rows belong to nothing, the first in ${first.table} (no such row in ${first.parent}).`,
          `Somebody changed the database by hand, or a disk lost a write. ${RESTORE}`,
        ),
      ];
    }
    if (schema < MIGRATIONS.length) {
      return [
        warning(
          `The database has schema ${schema}, of an older Keepwell; what is in it was not looked at.`,
          `The next start copies it to keepwell.db.schema-${schema} and brings it to ${MIGRATIONS.length}.`,
        ),
      ];
    }
    return [fine(`The database is whole (schema ${schema}, ${Math.ceil(statSync(file).size / 1024)} kB).`)];
  } finally {
    db.close();
  }
};
