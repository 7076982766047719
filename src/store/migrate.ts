import type { Database } from 'better-sqlite3';
import { MIGRATIONS } from './migrations.ts';

/** "KpWl" in ASCII: how `file` and every later version recognise a database of Keepwell. */
export const APPLICATION_ID = 0x4b70576c;

/** Brings a database to the present schema: all missing steps in one transaction, or none of them. */
export const migrate = (db: Database, steps: readonly string[] = MIGRATIONS): void => {
  db.exec('BEGIN IMMEDIATE');
  try {
    const seen = db.pragma('user_version', { simple: true }) as number;
    if (seen < steps.length) {
      for (const step of steps.slice(seen)) db.exec(step);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${steps.length}`);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
};
