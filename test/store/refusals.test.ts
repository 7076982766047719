import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { aFile, aFolder, aWorkspace, behindItsBack, NOON, open } from './support.ts';

const opening = (file: string) => () => openStore({ file, now: () => NOON });
const refused = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) });

/** A database with something in it, closed in good order. */
const written = async (workspaces = 1): Promise<string> => {
  const file = aFile();
  const store = open(file);
  for (let n = 1; n <= workspaces; n += 1) await store.create(aWorkspace(`w${n}`));
  await store.close();
  return file;
};

/** Says what a supervisor that was killed would leave. */
const stoppedUncleanly = (file: string): void =>
  behindItsBack(file, (db) => {
    db.exec('UPDATE installation SET stopped_cleanly = 0');
    db.pragma('wal_checkpoint(TRUNCATE)');
  });

describe('opening a store', () => {
  it('refuses a database of a newer Keepwell, naming both versions, and leaves it as it is', async () => {
    const file = await written();
    behindItsBack(file, (db) => db.pragma('user_version = 10'));
    const before = readFileSync(file);

    expect(opening(file)).toThrow(refused('STORE_FROM_FUTURE', /version 10.*up to 9\./));
    expect(readFileSync(file)).toEqual(before);
  });

  it('refuses a newer database whose version is in the log only, and leaves the log as it is', async () => {
    const file = await written();
    const other = join(aFolder(), 'copy.db');
    behindItsBack(file, (db) => {
      db.pragma('user_version = 11');
      writeFileSync(other, readFileSync(file));
      writeFileSync(`${other}-wal`, readFileSync(`${file}-wal`));
    });
    const before = [readFileSync(other), readFileSync(`${other}-wal`)];

    expect(opening(other)).toThrow(refused('STORE_FROM_FUTURE', /version 11/));
    expect([readFileSync(other), readFileSync(`${other}-wal`)]).toEqual(before);
  });

  it('refuses a database of another program and leaves it as it is', () => {
    const file = aFile();
    behindItsBack(file, (db) => db.exec('CREATE TABLE songs (title TEXT)'));
    const before = readFileSync(file);

    expect(opening(file)).toThrow(refused('STORE_DAMAGED', /not one of Keepwell/));
    expect(readFileSync(file)).toEqual(before);
  });

  it.each([
    ['a few', 37],
    ['many', 20_000],
  ])('refuses a file of %s random bytes and leaves it as it is', (_, length) => {
    const file = aFile();
    const bytes = Buffer.from(Array.from({ length }, (_, n) => (n * 7919 + 13) % 251));
    writeFileSync(file, bytes);

    expect(opening(file)).toThrow(refused('STORE_DAMAGED', /is damaged/));
    expect(readFileSync(file)).toEqual(bytes);
  });

  it.each([10, 3_000, 4_096, 9_000])('refuses a database that was cut off after %i bytes', async (length) => {
    const file = await written(50);
    truncateSync(file, length);

    expect(opening(file)).toThrow(refused('STORE_DAMAGED', /is damaged/));
  });

  it('refuses an empty file beside a log that still holds the database', async () => {
    const file = await written();
    writeFileSync(`${file}-wal`, 'all that is left');
    truncateSync(file, 0);

    expect(opening(file)).toThrow(refused('STORE_DAMAGED', /is empty/));
    expect(readFileSync(`${file}-wal`, 'utf8')).toBe('all that is left');
  });

  it('finds damage in the middle of the file after an unclean stop', async () => {
    const file = await written(200);
    stoppedUncleanly(file);
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4 * 4_096, bytes.length - 4_096);
    writeFileSync(file, bytes);

    expect(opening(file)).toThrow(refused('STORE_DAMAGED', /is damaged/));
  });

  it('reads no more than it must after a clean stop', async () => {
    const file = await written(200);
    const bytes = readFileSync(file);
    bytes.fill(0xa5, bytes.length - 4_096);
    writeFileSync(file, bytes);

    expect(() => open(file)).not.toThrow();
  });

  it('opens a sound database after an unclean stop', async () => {
    const file = await written(3);
    stoppedUncleanly(file);

    expect(open(file).load()).toHaveLength(3);
  });

  it('marks the stop as clean only when it was closed', async () => {
    const file = aFile();
    const mark = () =>
      behindItsBack(file, (db) => db.prepare('SELECT stopped_cleanly FROM installation').pluck().get());
    const store = open(file);
    expect(mark()).toBe(0);

    await store.close();
    expect(mark()).toBe(1);
  });

  it('starts anew on a file that an interrupted first start left without tables', () => {
    const file = aFile();
    behindItsBack(file, (db) => db.pragma('journal_mode = WAL'));
    writeFileSync(file, readFileSync(file));

    expect(open(file).load()).toEqual([]);
  });

  it('says that the folder cannot be used when it is missing or the file is a folder', () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'taken.db'));

    expect(opening(join(folder, 'missing', 'keepwell.db'))).toThrow(
      refused('DATA_FOLDER_UNUSABLE', /missing/),
    );
    expect(existsSync(join(folder, 'missing'))).toBe(false);
    expect(opening(join(folder, 'taken.db'))).toThrow(refused('DATA_FOLDER_UNUSABLE', /taken/));
  });
});
