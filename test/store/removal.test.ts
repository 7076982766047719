import { describe, expect, it } from 'vitest';
import { aFile, aRow, aSnapshot, aSpec, aWorkspace, behindItsBack, NOON, open } from './support.ts';

const hash = (letter: string) => letter.repeat(64);
const token = (letter: string, incarnation: number | null) => ({
  hash: hash(letter),
  workspaceId: 'w1',
  incarnation,
  createdAt: NOON,
  expiresAt: null,
});
const presence = {
  lastHeartbeatAt: NOON,
  leaseExpiresAt: null,
  errorRate: null,
  sampleError: null,
  activeTasks: null,
  currentTask: null,
  uptimeSeconds: null,
};

describe('the tokens of a workspace', () => {
  it('overlap, until those of older incarnations are forgotten', async () => {
    const store = open(aFile());
    await store.create(aWorkspace('w1', { token: token('a', null) }));
    await store.create(aWorkspace('w2', { token: { ...token('z', 1), workspaceId: 'w2' } }));
    const hashes = () => store.load().map((one) => one.tokens.map((row) => row.hash[0]).join(''));

    await store.commit({ workspaceId: 'w1', token: { ...token('b', 1), forgetBefore: 0 } });
    await store.commit({ workspaceId: 'w1', token: { ...token('c', 2), forgetBefore: 1 } });
    expect(hashes()).toEqual(['abc', 'z']);

    await store.commit({ workspaceId: 'w1', token: { ...token('d', 3), forgetBefore: 3 } });
    expect(hashes()).toEqual(['ad', 'z']);
  });

  it('may be written twice', async () => {
    const store = open(aFile());
    await store.create(aWorkspace('w1'));

    await store.commit({ workspaceId: 'w1', token: { ...token('a', 1), forgetBefore: 0 } });
    await store.commit({ workspaceId: 'w1', token: { ...token('a', 1), forgetBefore: 0 } });

    expect(store.load()[0]?.tokens).toEqual([token('a', 1)]);
  });
});

describe('a removed workspace', () => {
  const removed = async () => {
    const file = aFile();
    const store = open(file);
    await store.create(aWorkspace('w1', { token: token('a', 1) }));
    await store.savePresence([{ workspaceId: 'w1', presence }]);
    await store.commit({
      workspaceId: 'w1',
      snapshot: aSnapshot('removed'),
      journal: [aRow('operator.removed')],
      removedAt: NOON,
    });
    return { file, store };
  };
  const leftovers = (file: string) =>
    behindItsBack(file, (db) =>
      db.prepare('SELECT (SELECT count(*) FROM tokens) + (SELECT count(*) FROM presence)').pluck().get(),
    );

  it('is not loaded, has neither tokens nor presence, and keeps its journal, over restarts', async () => {
    const { file, store } = await removed();
    const check = (opened: typeof store) => {
      expect(opened.load()).toEqual([]);
      expect(opened.isRemoved('w1')).toBe(true);
      expect(opened.isRemoved('nobody')).toBe(false);
      expect(opened.journal('w1', { limit: 9 })).toHaveLength(2);
      expect(leftovers(file)).toBe(0);
    };

    check(store);
    await store.close();
    check(open(file));
  });

  it('takes further notes, but gets back neither token nor presence nor life', async () => {
    const { file, store } = await removed();

    await store.savePresence([{ workspaceId: 'w1', presence }]);
    await store.commit({
      workspaceId: 'w1',
      token: { ...token('b', 2), forgetBefore: 0 },
      journal: [aRow('instance.destroyed', { kind: 'note' })],
    });
    await store.commit({
      workspaceId: 'w1',
      spec: { spec: aSpec('late'), generation: 2 },
      snapshot: aSnapshot('online'),
    });

    expect(leftovers(file)).toBe(0);
    expect(store.load()).toEqual([]);
    expect(store.isRemoved('w1')).toBe(true);
    expect(store.journal('w1', { limit: 9 })).toHaveLength(3);
  });

  it('stays removed since the first time', async () => {
    const { file, store } = await removed();

    await store.commit({ workspaceId: 'w1', removedAt: NOON + 99 });

    const at = behindItsBack(file, (db) => db.prepare('SELECT removed_at FROM workspaces').pluck().get());
    expect(at).toBe(NOON);
  });

  it('that is not yet removed is told apart', async () => {
    const store = open(aFile());
    await store.create(aWorkspace('w1'));
    expect(store.isRemoved('w1')).toBe(false);
  });
});
