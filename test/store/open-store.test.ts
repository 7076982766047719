import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aFile, aSnapshot, aSpec, aWorkspace, behindItsBack, open, valueOf } from './support.ts';

describe('a store', () => {
  it('writes a spec, its generation and a snapshot of one change together', async () => {
    const store = open(aFile());
    await store.create(aWorkspace('w1'));

    await store.commit({
      workspaceId: 'w1',
      spec: { spec: aSpec('renamed'), generation: 2 },
      snapshot: aSnapshot('wanted.restarting'),
    });

    const [loaded] = store.load();
    expect(loaded).toMatchObject({ spec: { name: 'renamed' }, generation: 2 });
    expect(valueOf(loaded?.rawSnapshot ?? '')).toBe('wanted.restarting');
  });

  it('keeps the last unreadable snapshots of a workspace for inspection', async () => {
    const file = aFile();
    const store = open(file);
    await store.create(aWorkspace('w1'));

    for (let n = 1; n <= 7; n += 1) {
      await store.commit({ workspaceId: 'w1', quarantine: { raw: `{broken ${n}`, error: 'no JSON' } });
    }

    const kept = behindItsBack(file, (db) =>
      db.prepare('SELECT raw FROM quarantine ORDER BY id').pluck().all(),
    );
    expect(kept).toEqual(['{broken 3', '{broken 4', '{broken 5', '{broken 6', '{broken 7']);
  });

  it('loads a workspace whose snapshot is damaged or missing, as it is', async () => {
    const file = aFile();
    const store = open(file);
    await store.create(aWorkspace('w1'));
    await store.create(aWorkspace('w2'));
    behindItsBack(file, (db) => {
      db.exec(`UPDATE snapshots SET snapshot = '{"machineVer' WHERE workspace_id = 'w1'`);
      db.exec(`DELETE FROM snapshots WHERE workspace_id = 'w2'`);
      db.exec(`UPDATE workspaces SET agent_card = '{' WHERE workspace_id = 'w2'`);
    });

    expect(store.load()).toMatchObject([
      { workspaceId: 'w1', rawSnapshot: '{"machineVer' },
      { workspaceId: 'w2', rawSnapshot: '', agentCard: null },
    ]);
  });

  it.each(['{"name":', '[]', 'null', '{}'])(
    'names the workspace whose spec is damaged to %s',
    async (spec) => {
      const file = aFile();
      const store = open(file);
      await store.create(aWorkspace('w1'));
      await store.create(aWorkspace('w2'));
      behindItsBack(file, (db) =>
        db.prepare(`UPDATE workspaces SET spec = ? WHERE workspace_id = 'w2'`).run(spec),
      );

      expect(() => store.load()).toThrow(
        expect.objectContaining({ code: 'STORE_DAMAGED', message: expect.stringContaining('w2') }),
      );
    },
  );

  it('makes its file readable by the owner only, for a spec may hold secrets', () => {
    const file = aFile();
    open(file);

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
  });

  it('can be closed twice, and refuses whatever comes afterwards', async () => {
    const store = open(aFile());
    await store.create(aWorkspace('w1'));
    await store.close();
    await store.close();

    await expect(store.commit({ workspaceId: 'w1' })).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    await expect(store.create(aWorkspace('w2'))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
    expect(store.health()).toMatchObject({ writable: false, pending: 0 });
  });

  it('writes at closing what was queued in the same turn', async () => {
    const file = aFile();
    const store = open(file);
    await store.create(aWorkspace('w1'));

    const written = store.commit({ workspaceId: 'w1', snapshot: aSnapshot('last') });
    await Promise.all([store.close(), written]);

    expect(valueOf(open(file).load()[0]?.rawSnapshot ?? '')).toBe('last');
  });
});
