import { describe, expect, it } from 'vitest';
import { aFile, aRow, aSnapshot, aSpec, aWorkspace, commitsInLog, open, valueOf } from './support.ts';

describe('the group commit', () => {
  it('writes 1,000 changes queued in one turn in one transaction', async () => {
    const file = aFile();
    const store = open(file);
    await store.create(aWorkspace('w1'));
    const before = commitsInLog(file);

    await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        store.commit({
          workspaceId: 'w1',
          snapshot: aSnapshot(n),
          journal: [aRow('x.happened', { cause: n })],
        }),
      ),
    );

    expect(commitsInLog(file) - before).toBe(1);
    expect(store.journal('w1', { after: 1, limit: 2_000 }).map((row) => row.cause)).toEqual(
      Array.from({ length: 1_000 }, (_, n) => n),
    );
    expect(valueOf(store.load()[0]?.rawSnapshot ?? '')).toBe(999);
  });

  it('has nothing on disk before the turn ends, and all of it when the promise resolves', async () => {
    const file = aFile();
    const store = open(file);
    const created = store.create(aWorkspace('w1'));

    expect(store.health().pending).toBe(1);
    expect(store.load()).toEqual([]);

    await created;
    expect(store.health().pending).toBe(0);
    expect(store.load()).toHaveLength(1);
  });

  it('writes changes of different turns in different transactions, in order', async () => {
    const file = aFile();
    const store = open(file);
    await store.create(aWorkspace('w1'));
    const before = commitsInLog(file);

    for (let n = 0; n < 3; n += 1) await store.commit({ workspaceId: 'w1', snapshot: aSnapshot(n) });

    expect(commitsInLog(file) - before).toBe(3);
  });

  it('rejects a bad change alone and writes its neighbours', async () => {
    const store = open(aFile());
    await store.create(aWorkspace('w1'));
    await store.create(aWorkspace('w2', { spec: { spec: aSpec('taken'), generation: 1 } }));

    const outcomes = await Promise.allSettled([
      store.commit({ workspaceId: 'w1', snapshot: aSnapshot('before'), journal: [aRow('x.before')] }),
      store.commit({
        workspaceId: 'w1',
        spec: { spec: aSpec('taken'), generation: 2 },
        snapshot: aSnapshot('bad'),
        journal: [aRow('x.bad')],
      }),
      store.commit({ workspaceId: 'w2', journal: [aRow('x.after')] }),
    ]);

    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'WORKSPACE_EXISTS' } });
    expect(valueOf(store.load()[0]?.rawSnapshot ?? '')).toBe('before');
    expect(store.load()[0]).toMatchObject({ generation: 1 });
    expect(store.journal(null, { after: 2, limit: 9 }).map((row) => row.event)).toEqual([
      'x.before',
      'x.after',
    ]);
    expect(store.health().writable).toBe(true);
  });

  it('settles when all that was queued is on disk, and at once when nothing is', async () => {
    const store = open(aFile());
    await store.settled();
    const order: string[] = [];

    const created = store.create(aWorkspace('w1')).then(() => order.push('created'));
    await store.settled().then(() => order.push('settled'));
    await created;

    expect(order).toEqual(['created', 'settled']);
  });
});

describe('a listener of the journal', () => {
  it('is called once per commit that wrote rows, when they can be read', async () => {
    const store = open(aFile());
    await store.create(aWorkspace('w1'));
    const seen: number[] = [];
    const end = store.onJournal(() => seen.push(store.lastSeq()));

    await Promise.all([
      store.commit({ workspaceId: 'w1', journal: [aRow('x.first')] }),
      store.commit({ workspaceId: 'w1', journal: [aRow('x.second'), aRow('x.third')] }),
    ]);
    await store.commit({ workspaceId: 'w1', snapshot: aSnapshot('without a row') });
    end();
    await store.commit({ workspaceId: 'w1', journal: [aRow('x.fourth')] });

    expect(seen).toEqual([4]);
  });

  it('that throws harms neither the writer nor the others', async () => {
    const store = open(aFile());
    let called = 0;
    store.onJournal(() => {
      throw new Error('a listener failed');
    });
    store.onJournal(() => {
      called += 1;
    });

    await store.create(aWorkspace('w1'));
    await store.create(aWorkspace('w2'));

    expect(called).toBe(2);
    expect(store.faults).toMatchObject([{ message: 'a listener failed' }, { message: 'a listener failed' }]);
  });
});
