import { describe, expect, it } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { aMinute, EVERYTHING } from './beats-contract.ts';
import { aFile, aRow, aSpec, aWorkspace, behindItsBack, NOON, open } from './support.ts';

describe('the rows of beats', () => {
  it('are one for each minute that is kept, and go with the workspace', async () => {
    const file = aFile();
    const count = (table: string) =>
      behindItsBack(file, (db) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
    const store = open(file, { beatHistoryCap: 3 });
    await store.create(aWorkspace('w1'));
    for (let n = 0; n < 9; n += 1) await store.saveBeats([aMinute(n)]);
    expect([count('beat_histories'), count('beat_minutes')]).toEqual([1, 3]);
    await store.commit({ workspaceId: 'w1', journal: [aRow('operator.removed')], removedAt: NOON });
    expect([count('beat_histories'), count('beat_minutes')]).toEqual([0, 0]);
  });
});

describe('a database from before beats were counted', () => {
  it('keeps what it holds, and counts from now on', async () => {
    const file = aFile();
    behindItsBack(file, (db) => {
      migrate(db, MIGRATIONS.slice(0, 3));
      db.prepare('INSERT INTO workspaces VALUES (?, ?, ?, 1, ?, NULL, NULL, NULL)').run(
        'w1',
        'ada',
        JSON.stringify(aSpec('ada')),
        NOON,
      );
    });
    const store = open(file);
    expect(store.load()).toMatchObject([{ workspaceId: 'w1', spec: { name: 'ada' } }]);
    await store.saveBeats([aMinute(0)]);
    expect(store.beats('w1', EVERYTHING).beats).toBe(2);
  });
});
