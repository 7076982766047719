import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';

/** The schema and how much is in it; of what is in it, nothing. */
export const describeDatabase = (db: Database, file: string) => {
  const names = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .pluck()
    .all();
  const bytes = new Map(
    db.prepare<[], [string, number]>('SELECT name, sum(pgsize) FROM dbstat GROUP BY name').raw().all(),
  );
  const pragma = (name: string): unknown => db.pragma(name, { simple: true });
  const rowsOf = (name: string) => db.prepare<[], number>(`SELECT count(*) FROM "${name}"`).pluck().get();
  return {
    bytes: statSync(file).size,
    walBytes: statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    schema: pragma('user_version'),
    pages: pragma('page_count'),
    freePages: pragma('freelist_count'),
    journalMode: pragma('journal_mode'),
    tables: names.map((name) => ({ name, rows: rowsOf(name), bytes: bytes.get(name) ?? 0 })),
    sql: db
      .prepare<[], string>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name')
      .pluck()
      .all(),
  };
};
