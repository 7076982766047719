import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OpenedStore } from '../../src/store/open-store.ts';
import {
  aFile,
  aFolder,
  aRow,
  aSnapshot,
  aSpec,
  aWorkspace,
  behindItsBack,
  handTimers,
  NOON,
  open,
  valueOf,
} from './support.ts';

const UNWRITABLE = { code: 'STORE_UNWRITABLE' };
const events = (store: OpenedStore) => store.journal(null, { limit: 100 }).map((row) => row.event);
const bulky = (event: string) => aRow(event, { cause: 'x'.repeat(50_000) });

/** A store with some workspaces whose database cannot grow any more. */
const onFullDisk = async (ids = ['w1']) => {
  const timers = handTimers();
  const file = aFile();
  const store = open(file, { schedule: timers.schedule });
  for (const id of ids) await store.create(aWorkspace(id));
  store.limitPages(1);
  return { store, timers, file };
};

/** Has SQLite itself count how often a snapshot is written from now on. */
const countingSnapshots = (file: string) => {
  behindItsBack(file, (db) =>
    db.exec(`CREATE TABLE counted (n INTEGER);
      CREATE TRIGGER counting AFTER INSERT ON snapshots BEGIN INSERT INTO counted VALUES (1); END`),
  );
  return () => behindItsBack(file, (db) => db.prepare('SELECT count(*) FROM counted').pluck().get());
};

describe('a store on a full disk', () => {
  it('rejects a change, keeps it, and writes it when there is space again', async () => {
    const { store, timers } = await onFullDisk();

    await expect(store.commit({ workspaceId: 'w1', journal: [bulky('x.first')] })).rejects.toMatchObject(
      UNWRITABLE,
    );
    expect(events(store)).toEqual(['workspace.created']);
    expect(store.health()).toEqual({
      writable: false,
      since: NOON,
      problem: 'database or disk is full (SQLITE_FULL)',
      pending: 1,
    });

    timers.pass();
    expect(store.health().writable).toBe(false);

    store.limitPages(10_000);
    timers.pass();
    await store.settled();
    expect(events(store)).toEqual(['workspace.created', 'x.first']);
    expect(store.health()).toEqual({ writable: true, since: null, problem: null, pending: 0 });
    expect(timers.count()).toBe(0);
  });

  it('keeps the order of changes that wait, and writes each once', async () => {
    const { store, timers } = await onFullDisk();
    const first = store.commit({ workspaceId: 'w1', journal: [bulky('x.first')] });
    await expect(first).rejects.toMatchObject(UNWRITABLE);

    const second = store.commit({ workspaceId: 'w1', journal: [aRow('x.second')] });
    const third = store.commit({ workspaceId: 'w1', journal: [aRow('x.third')] });
    timers.pass();
    await expect(second).rejects.toMatchObject(UNWRITABLE);
    await expect(third).rejects.toMatchObject(UNWRITABLE);
    expect(store.health().pending).toBe(3);

    store.limitPages(10_000);
    const fourth = store.commit({ workspaceId: 'w1', journal: [aRow('x.fourth')] });
    timers.pass();
    await fourth;
    expect(events(store)).toEqual(['workspace.created', 'x.first', 'x.second', 'x.third', 'x.fourth']);
  });

  it('does not try before its time, however much is queued', async () => {
    const { store, timers } = await onFullDisk();
    await expect(store.commit({ workspaceId: 'w1', journal: [bulky('x.first')] })).rejects.toMatchObject(
      UNWRITABLE,
    );
    store.limitPages(10_000);

    const second = store.commit({ workspaceId: 'w1', journal: [aRow('x.second')] });
    await nextTurn();
    await nextTurn();
    expect(store.health()).toMatchObject({ writable: false, pending: 2 });
    expect(timers.count()).toBe(1);

    timers.pass();
    await second;
  });

  it('drops a create, of which nothing then exists, and refuses further ones at once', async () => {
    const { store, timers } = await onFullDisk();
    const large = aWorkspace('w2', { journal: [bulky('workspace.created')] });

    await expect(store.create(large)).rejects.toMatchObject(UNWRITABLE);
    expect(store.health()).toMatchObject({ writable: false, pending: 0 });
    await expect(store.create(aWorkspace('w3'))).rejects.toMatchObject(UNWRITABLE);

    timers.pass();
    expect(store.health().writable).toBe(false);

    store.limitPages(10_000);
    timers.pass();
    expect(store.health().writable).toBe(true);
    expect(store.load().map((one) => one.workspaceId)).toEqual(['w1']);
    await store.create(large);
    expect(store.load()).toHaveLength(2);
  });

  it('drops presence, which the next beat brings again', async () => {
    const { store } = await onFullDisk();
    const presence = {
      lastHeartbeatAt: NOON,
      leaseExpiresAt: NOON,
      errorRate: 0,
      sampleError: 'x'.repeat(50_000),
      activeTasks: 0,
      currentTask: null,
      uptimeSeconds: 1,
    };

    await expect(store.savePresence([{ workspaceId: 'w1', presence }])).rejects.toMatchObject(UNWRITABLE);
    await expect(store.savePresence([{ workspaceId: 'w1', presence }])).rejects.toMatchObject(UNWRITABLE);
    expect(store.health().pending).toBe(0);
  });

  it('settles only when what waits is written, unless the waiting is given up', async () => {
    const { store, timers } = await onFullDisk();
    const waiting = store.commit({ workspaceId: 'w1', journal: [bulky('x.first')] });
    await expect(waiting).rejects.toMatchObject(UNWRITABLE);
    let settled = false;
    const markSettled = async () => {
      await store.settled();
      settled = true;
    };
    const all = markSettled();
    const giveUp = new AbortController();
    const impatient = store.settled(giveUp.signal);

    giveUp.abort(new Error('given up'));
    await expect(impatient).rejects.toThrow('given up');
    timers.pass();
    expect(settled).toBe(false);

    store.limitPages(10_000);
    timers.pass();
    await all;
  });

  it('reports an outage once, however often it is tried', async () => {
    const { store, timers } = await onFullDisk();
    await expect(store.commit({ workspaceId: 'w1', journal: [bulky('x.first')] })).rejects.toMatchObject(
      UNWRITABLE,
    );

    for (let n = 0; n < 5; n += 1) timers.pass();

    expect(store.faults).toMatchObject([UNWRITABLE]);
  });

  it('keeps only the newest snapshot of a workspace, but every journal row', async () => {
    const { store, timers, file } = await onFullDisk();
    await expect(store.commit({ workspaceId: 'w1', journal: [bulky('x.0')] })).rejects.toMatchObject(
      UNWRITABLE,
    );
    const writes = countingSnapshots(file);

    const waiting = Array.from({ length: 50 }, (_, n) =>
      store.commit({ workspaceId: 'w1', snapshot: aSnapshot(n), journal: [aRow(`x.${n + 1}`)] }),
    );
    store.limitPages(10_000);
    timers.pass();
    await Promise.all(waiting);

    expect(valueOf(store.load()[0]?.rawSnapshot ?? '')).toBe(49);
    expect(events(store)).toHaveLength(52);
    expect(writes()).toBe(1);
  });

  it('does not let a refused change of the spec take along the snapshot before it', async () => {
    const { store, timers } = await onFullDisk(['w1', 'w2']);
    await expect(store.commit({ workspaceId: 'w1', journal: [bulky('x.0')] })).rejects.toMatchObject(
      UNWRITABLE,
    );
    const kept = store.commit({ workspaceId: 'w1', snapshot: aSnapshot('kept') });
    const refused = store.commit({
      workspaceId: 'w1',
      spec: { spec: aSpec('name-of-w2'), generation: 2 },
      snapshot: aSnapshot('refused'),
    });

    store.limitPages(10_000);
    timers.pass();

    await kept;
    await expect(refused).rejects.toMatchObject({ code: 'WORKSPACE_EXISTS' });
    expect(valueOf(store.load()[0]?.rawSnapshot ?? '')).toBe('kept');
  });

  it('tells at closing how many changes are lost, and leaves the stop unclean', async () => {
    const { store, file } = await onFullDisk();
    await expect(store.commit({ workspaceId: 'w1', journal: [bulky('x.first')] })).rejects.toMatchObject(
      UNWRITABLE,
    );
    const waiter = store.settled();

    await Promise.all([store.close(), expect(waiter).rejects.toMatchObject(UNWRITABLE)]);

    expect(store.faults.at(-1)).toMatchObject({
      ...UNWRITABLE,
      message: expect.stringContaining('1 change'),
    });
    expect(events(open(file))).toEqual(['workspace.created']);
  });

  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  it.skipIf(!canMount)('does all this on a file system that is really full', async ({ skip }) => {
    const folder = aFolder();
    const mounted = spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=1m', 'keepwell-test', folder]);
    if (mounted.status !== 0) skip('mounting is not allowed here');
    onTestFinished(() => void spawnSync('/bin/umount', ['-l', folder]));
    const timers = handTimers();
    const store = open(join(folder, 'keepwell.db'), { schedule: timers.schedule });
    await store.create(aWorkspace('w1'));
    const ballast = join(folder, 'ballast');
    expect(() => writeFileSync(ballast, Buffer.alloc(2 ** 20))).toThrow('ENOSPC');

    await expect(store.commit({ workspaceId: 'w1', journal: [bulky('x.first')] })).rejects.toMatchObject(
      UNWRITABLE,
    );
    timers.pass();
    expect(store.health()).toMatchObject({ writable: false, pending: 1 });
    expect(store.load()).toHaveLength(1);

    rmSync(ballast);
    timers.pass();
    await store.settled();
    expect(events(store)).toEqual(['workspace.created', 'x.first']);
    await store.close();
  });
});

describe('a store whose database another process is writing', () => {
  it('keeps the change and writes it when the other is done, by itself', async () => {
    const file = aFile();
    const store = open(file, { busyTimeoutMs: 20, retryMs: 20 });
    await store.create(aWorkspace('w1'));
    const other = new Database(file);
    onTestFinished(() => void other.close());
    other.exec('BEGIN IMMEDIATE');

    await expect(store.commit({ workspaceId: 'w1', journal: [aRow('x.first')] })).rejects.toMatchObject(
      UNWRITABLE,
    );
    expect(store.health().problem).toContain('SQLITE_BUSY');
    other.exec('ROLLBACK');
    await store.settled();

    expect(events(store)).toEqual(['workspace.created', 'x.first']);
  });
});
