import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { aFile, behindItsBack } from './support.ts';

const openIt = (file: string) => {
  const db = openDatabase({ file, busyTimeoutMs: 1_234, walBytes: 2 ** 20 });
  onTestFinished(() => void db.close());
  return db;
};
const tables = (db: Database.Database) =>
  db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .pluck()
    .all();

describe('the database', () => {
  it('syncs each commit to disk, logs ahead, waits for locks and checks references', () => {
    const db = openIt(aFile());
    const pragma = (name: string) => db.pragma(name, { simple: true });

    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('synchronous')).toBe(2);
    expect(pragma('busy_timeout')).toBe(1_234);
    expect(pragma('foreign_keys')).toBe(1);
    expect(pragma('wal_autocheckpoint')).toBe(1_000);
  });

  it('has strict tables only', () => {
    const db = openIt(aFile());

    const loose = db.prepare(`SELECT name FROM pragma_table_list WHERE strict = 0 AND schema = 'main'
      AND name NOT LIKE 'sqlite_%'`);
    expect(loose.all()).toEqual([]);
  });

  it('can be recognised by its application id', () => {
    const file = aFile();
    openIt(file);

    expect(behindItsBack(file, (db) => db.pragma('application_id', { simple: true }))).toBe(0x4b70576c);
  });
});

describe('migrating', () => {
  const FIRST = 'CREATE TABLE first (x INTEGER) STRICT';
  const SECOND = 'CREATE TABLE second (x INTEGER) STRICT; INSERT INTO second VALUES (1)';

  it('takes only the steps that are missing', () => {
    const db = new Database(':memory:');
    migrate(db, [FIRST]);
    migrate(db, [FIRST, SECOND]);
    migrate(db, [FIRST, SECOND]);

    expect(tables(db)).toEqual(['first', 'second']);
    expect(db.pragma('user_version', { simple: true })).toBe(2);
    expect(db.prepare('SELECT count(*) FROM second').pluck().get()).toBe(1);
  });

  it('leaves everything as it was when a step fails', () => {
    const db = new Database(':memory:');
    migrate(db, [FIRST]);

    expect(() => migrate(db, [FIRST, SECOND, 'CREATE TABLE first (x INTEGER) STRICT'])).toThrow(
      'already exists',
    );
    expect(tables(db)).toEqual(['first']);
    expect(db.pragma('user_version', { simple: true })).toBe(1);
    expect(db.inTransaction).toBe(false);
  });
});
