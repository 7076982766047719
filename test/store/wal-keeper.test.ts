import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aFile, aSnapshot, aWorkspace, NOON, open } from './support.ts';

const WAL_BYTES = 200_000;
const logBytes = (file: string) => statSync(`${file}-wal`).size;
const bulk = aSnapshot('z'.repeat(100_000));

describe('the write-ahead log', () => {
  it('is emptied when it has grown beyond its bound', async () => {
    const file = aFile();
    const store = open(file, { walBytes: WAL_BYTES });
    await store.create(aWorkspace('w1'));

    for (let n = 0; n < 20; n += 1) await store.commit({ workspaceId: 'w1', snapshot: bulk });

    expect(logBytes(file)).toBeLessThanOrEqual(WAL_BYTES);
    expect(store.faults).toEqual([]);
  });

  it('grows while another process keeps reading, which stops no commit and is said once, and is emptied later', async () => {
    const file = aFile();
    let at = NOON;
    const store = open(file, { walBytes: WAL_BYTES, now: () => at });
    await store.create(aWorkspace('w1'));
    const reader = new Database(file, { readonly: true });
    onTestFinished(() => void reader.close());
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM journal').get();

    for (let n = 0; n < 10; n += 1) {
      await store.commit({ workspaceId: 'w1', snapshot: bulk });
      at += 11_000;
    }
    expect(logBytes(file)).toBeGreaterThan(WAL_BYTES);
    expect(store.faults).toMatchObject([{ message: expect.stringContaining('keeps reading') }]);

    reader.exec('COMMIT');
    await store.commit({ workspaceId: 'w1', snapshot: bulk });
    expect(logBytes(file)).toBeLessThanOrEqual(WAL_BYTES);
  });

  it('is gone after closing', async () => {
    const file = aFile();
    const store = open(file);
    await store.create(aWorkspace('w1'));

    await store.close();

    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })).toBeUndefined();
  });
});
