import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Presence, Store } from '../../src/supervisor/ports.ts';
import { aFile, aRow, aSnapshot, aSpec, aWorkspace, behindItsBack, NOON, open, valueOf } from './support.ts';

const presence: Presence = {
  lastHeartbeatAt: NOON,
  leaseExpiresAt: NOON + 180_000.25,
  errorRate: 0.125,
  sampleError: 'timeout',
  activeTasks: 2,
  currentTask: 'écrire',
  uptimeSeconds: 61.5,
};

describe('a store', () => {
  it('gives back a workspace as it was written, after closing and opening again', async () => {
    const file = aFile();
    const store: Store = open(file);
    const spec = aSpec('ada', { env: { TZ: 'UTC' }, plugins: [{ name: 'x', source: 'local://x' }] });
    const token = { hash: 'a'.repeat(64), workspaceId: 'w1', incarnation: 1, createdAt: NOON };
    await store.create(aWorkspace('w1', { spec: { spec, generation: 1 }, token }));
    await store.savePresence([{ workspaceId: 'w1', presence }]);
    await store.commit({ workspaceId: 'w1', card: { agentCard: { name: 'Ada' }, url: 'http://a' } });
    const loaded = {
      workspaceId: 'w1',
      spec,
      generation: 1,
      createdAt: NOON,
      agentCard: { name: 'Ada' },
      url: 'http://a',
      rawSnapshot: JSON.stringify(aSnapshot('wanted.provisioning')),
      presence,
      tokens: [token],
    };
    expect(store.load()).toEqual([loaded]);

    await store.close();

    expect(open(file).load()).toEqual([loaded]);
  });

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

  it('writes what was decided, not what the objects became until the commit', async () => {
    const store = open(aFile());
    await store.create(aWorkspace('w1'));
    const snapshot = aSnapshot('decided');
    const row = aRow('x.decided');

    const written = store.commit({ workspaceId: 'w1', snapshot, journal: [row] });
    snapshot.value = 'mutated';
    row.event = 'x.mutated';
    await written;

    expect(valueOf(store.load()[0]?.rawSnapshot ?? '')).toBe('decided');
    expect(store.journal('w1', { limit: 9 }).at(-1)?.event).toBe('x.decided');
  });

  it('refuses a second workspace with the name of a present one, and allows it once that is removed', async () => {
    const store = open(aFile());
    const named = (id: string) => aWorkspace(id, { spec: { spec: aSpec('ada'), generation: 1 } });
    await store.create(named('w1'));

    await expect(store.create(named('w2'))).rejects.toMatchObject({ code: 'WORKSPACE_EXISTS' });
    expect(store.journal('w2', { limit: 9 })).toEqual([]);

    await store.commit({ workspaceId: 'w1', removedAt: NOON });
    await store.create(named('w3'));
    expect(store.load().map((one) => one.workspaceId)).toEqual(['w3']);
  });

  it('refuses a change of a workspace that does not exist', async () => {
    const store = open(aFile());

    const unknown = { workspaceId: 'nobody', journal: [aRow('x.happened')] };

    await expect(store.commit(unknown)).rejects.toMatchObject({ code: 'WORKSPACE_NOT_FOUND' });
    expect(store.lastSeq()).toBe(0);
  });

  it('rejects, and does not throw, when a change cannot be made text', async () => {
    const store = open(aFile());
    const circular: { self?: unknown } = {};
    circular.self = circular;

    await expect(store.commit({ workspaceId: 'w1', snapshot: aSnapshot(circular) })).rejects.toThrow(
      TypeError,
    );
    expect(store.health().pending).toBe(0);
  });

  it('remembers what a repeated create is answered, for a day', async () => {
    let at = NOON;
    const store = open(aFile(), { now: () => at });
    const idempotency = { key: 'k', digest: 'd', response: { id: 'w1' } };
    await store.create(aWorkspace('w1', { idempotency }));

    expect(store.idempotent('k')).toEqual({ digest: 'd', response: { id: 'w1' } });
    expect(store.idempotent('other')).toBeNull();
    await expect(store.create(aWorkspace('w2', { idempotency }))).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });

    at += 24 * 3_600_000;
    expect(store.idempotent('k')).toBeNull();
    await store.create(aWorkspace('w2', { idempotency }));
    expect(store.load()).toHaveLength(2);
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
