import { describe, expect, it } from 'vitest';
import type { OpenedStore } from '../../src/store/open-store.ts';
import { aFile, aRow, aWorkspace, behindItsBack, open } from './support.ts';

const log = (store: OpenedStore, workspaceId: string, ...events: string[]) =>
  store.commit({ workspaceId, journal: events.map((event, n) => aRow(event, { cause: n })) });

const two = async (options: Parameters<typeof open>[1] = {}) => {
  const file = aFile();
  const store = open(file, options);
  await store.create(aWorkspace('w1'));
  await store.create(aWorkspace('w2'));
  return { store, file };
};

describe('the journal', () => {
  it('never gives a number twice, not even when the newest rows are gone', async () => {
    const { store, file } = await two();
    await log(store, 'w1', 'x.happened');
    expect(store.lastSeq()).toBe(3);
    await store.close();
    behindItsBack(file, (db) => db.exec('DELETE FROM journal WHERE seq > 1'));

    const again = open(file);
    expect(again.lastSeq()).toBe(3);
    await log(again, 'w1', 'x.happened');
    expect(again.lastSeq()).toBe(4);
  });

  it('reads on over a row whose details are damaged', async () => {
    const { store, file } = await two();
    behindItsBack(file, (db) => db.exec(`UPDATE journal SET cause = '{', reason = '{' WHERE seq = 1`));

    expect(store.journal(null, { limit: 9 })).toMatchObject([
      { seq: 1, cause: null, reason: null },
      { seq: 2 },
    ]);
  });
});

describe('the cap of the journal', () => {
  it('is never exceeded, and what went and what is there add up, over restarts too', async () => {
    const file = aFile();
    let store = open(file, { journalCap: 30 });
    await store.create(aWorkspace('w1'));
    let written = 1;
    for (let round = 0; round < 40; round += 1) {
      const count = 1 + ((round * 7) % 11);
      await log(store, 'w1', ...Array.from({ length: count }, () => 'x.happened'));
      written += count;
      if (round % 9 === 8) {
        await store.close();
        store = open(file, { journalCap: 30 });
      }
      expect(store.journal('w1', { limit: 100 }).length).toBeLessThanOrEqual(30);
    }

    const rows = store.journal('w1', { limit: 100 });
    const notes = rows.filter((row) => row.event === 'journal.capped');
    const { droppedInAll } = notes.at(-1)!.cause as { droppedInAll: number };
    const everWritten = behindItsBack(file, (db) =>
      db.prepare(`SELECT seq FROM sqlite_sequence`).pluck().get(),
    );
    expect(rows.length + droppedInAll).toBe(everWritten);
    expect(rows[0]?.event).toBe('workspace.created');
    expect(written).toBeGreaterThan(200);
  });

  it('drops a tenth at a time, not one row per row', async () => {
    const { store } = await two({ journalCap: 100 });
    for (let n = 1; n <= 150; n += 1) await log(store, 'w1', 'x.happened');

    const notes = store.journal(null, { limit: 1_000 }).filter((row) => row.event === 'journal.capped');
    expect(notes.length).toBeGreaterThan(1);
    expect(notes.length).toBeLessThan(8);
  });

  it('lowers a journal that was written under a larger one', async () => {
    const file = aFile();
    const store = open(file, { journalCap: 500 });
    await store.create(aWorkspace('w1'));
    await log(store, 'w1', ...Array.from({ length: 300 }, () => 'x.happened'));
    await store.close();

    const stricter = open(file, { journalCap: 50 });
    await log(stricter, 'w1', 'x.last');

    const rows = stricter.journal('w1', { limit: 1_000 });
    expect(rows).toHaveLength(45);
    expect(rows.at(-1)).toMatchObject({ cause: { dropped: 258 } });
  });
});
