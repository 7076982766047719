import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';

/** How many rows the journal has, and one hash over all of them in their order. */
export const journalHash = (db: Database): { rows: number; sha256: string } => {
  const hash = createHash('sha256');
  let rows = 0;
  for (const row of db.prepare<[], unknown[]>('SELECT * FROM journal ORDER BY seq').raw().iterate()) {
    hash.update(`${JSON.stringify(row)}\n`);
    rows += 1;
  }
  return { rows, sha256: hash.digest('hex') };
};
