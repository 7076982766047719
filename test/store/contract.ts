import { beforeEach, describe, expect, it } from 'vitest';
import type { Presence, Store, TokenRow } from '../../src/supervisor/ports.ts';
import { aRow, aSnapshot, aSpec, aWorkspace, NOON } from './records.ts';

/** One disk, on which stores come and go. */
export type StoreWorld = {
  /** A store as a supervisor opens it when it starts. One at a time: end the one before it in one of the two ways. */
  open(options?: { journalCap?: number; beatHistoryCap?: number; auditCap?: number }): Store;
  /** The power goes: only what was committed is there for the next store. */
  cutPower(store: Store): void;
  /** The disk takes nothing any more, or does again. */
  fillDisk(): void;
  freeDisk(): void;
  /** What waits for a time, waits no longer. */
  passTime(): Promise<void>;
  /** What the stores told of that no caller is told. */
  faults: unknown[];
  /** Moves the clock. */
  setTime(at: number): void;
};

const UNWRITABLE = { code: 'STORE_UNWRITABLE' };
const DAY = 24 * 3_600_000;

const presence: Presence = {
  lastHeartbeatAt: NOON,
  leaseExpiresAt: NOON + 180_000.25,
  errorRate: 0.125,
  sampleError: 'timeout',
  activeTasks: 2,
  currentTask: 'écrire',
  uptimeSeconds: 61.5,
};

const token = (letter: string, incarnation: number | null): TokenRow => ({
  hash: letter.repeat(64),
  workspaceId: 'w1',
  incarnation,
  createdAt: NOON,
  expiresAt: null,
});
const secret = (workspaceId: string | null, name: string, sealed = 'c2VhbGVk') => ({
  workspaceId,
  name,
  keyId: 'k',
  nonce: 'bm9uY2U=',
  sealed,
  updatedAt: NOON,
});
/** Large enough to find out that a disk is full. */
const bulky = (event: string) => aRow(event, { cause: 'x'.repeat(50_000) });
const note = (event: string) => ({ workspaceId: 'w1', journal: [aRow(event)] });
const events = (store: Store) => store.journal(null, { limit: 1_000 }).map((row) => row.event);
const stateOf = (store: Store, place = 0) =>
  (JSON.parse(store.load()[place]?.rawSnapshot ?? 'null') as { value: unknown }).value;

/** What every store promises, wherever it writes. */
export const describeStoreContract = (name: string, createWorld: () => StoreWorld): void => {
  describe(`the ${name} store keeps the contract`, () => {
    let world: StoreWorld;
    let store: Store;

    beforeEach(() => {
      world = createWorld();
      store = world.open();
    });
    const restart = async (options?: { journalCap?: number }): Promise<void> => {
      await store.close();
      store = world.open(options);
    };
    const crash = (): void => {
      world.cutPower(store);
      store = world.open();
    };

    describe('what was written', () => {
      it('is read as it was, in the same life and in the next one', async () => {
        const spec = aSpec('ada', { env: { TZ: 'UTC' }, plugins: [{ name: 'x', source: 'local://x' }] });
        await store.create(aWorkspace('w1', { spec: { spec, generation: 1 }, token: token('a', 1) }));
        await store.savePresence([{ workspaceId: 'w1', presence }]);
        await store.commit({ workspaceId: 'w1', card: { agentCard: { name: 'Ada' }, url: 'http://a' } });
        const schedule = { settledAt: NOON, pausedAt: null, idleSince: NOON - 1 };
        await store.commit({ workspaceId: 'w1', schedule });
        const loaded = {
          workspaceId: 'w1',
          spec,
          generation: 1,
          createdAt: NOON,
          agentCard: { name: 'Ada' },
          url: 'http://a',
          rawSnapshot: JSON.stringify(aSnapshot('wanted.provisioning')),
          presence,
          schedule,
          tokens: [token('a', 1)],
        };
        expect(store.load()).toEqual([loaded]);
        await restart();
        expect(store.load()).toEqual([loaded]);
      });

      it('is what was decided, not what the objects became until the commit', async () => {
        await store.create(aWorkspace('w1'));
        const snapshot = aSnapshot('decided');
        const row = aRow('x.decided');
        const written = store.commit({ workspaceId: 'w1', snapshot, journal: [row] });
        snapshot.value = 'mutated';
        row.event = 'x.mutated';
        await written;
        expect(stateOf(store)).toBe('decided');
        expect(events(store).at(-1)).toBe('x.decided');
      });

      it('is loaded with the oldest workspace first', async () => {
        await store.create(aWorkspace('b', { createdAt: NOON + 1 }));
        await store.create(aWorkspace('c', { createdAt: NOON }));
        await store.create(aWorkspace('a', { createdAt: NOON + 1 }));
        expect(store.load().map(({ workspaceId }) => workspaceId)).toEqual(['c', 'a', 'b']);
      });

      it('has no place for a change that cannot be made text: it is refused, and nothing waits', async () => {
        const circular: { self?: unknown } = {};
        circular.self = circular;
        const change = { workspaceId: 'w1', snapshot: aSnapshot(circular) };
        await expect(store.commit(change)).rejects.toThrow(TypeError);
        expect(store.health().pending).toBe(0);
      });
    });

    describe('a commit', () => {
      it('shows nothing before, and all of a change after', async () => {
        await store.create(aWorkspace('w1'));
        const written = store.commit({
          workspaceId: 'w1',
          spec: { spec: aSpec('renamed'), generation: 2 },
          snapshot: aSnapshot('wanted.restarting'),
          journal: [aRow('x.happened')],
          secrets: { set: [secret('w1', 'KEY')], forget: [] },
        });
        expect(store.load()[0]).toMatchObject({ generation: 1 });
        expect(events(store)).toEqual(['workspace.created']);
        expect(store.health().pending).toBe(1);
        await written;
        expect(store.load()[0]).toMatchObject({ spec: { name: 'renamed' }, generation: 2 });
        expect(stateOf(store)).toBe('wanted.restarting');
        expect(events(store)).toEqual(['workspace.created', 'x.happened']);
        expect(store.secrets()).toEqual([secret('w1', 'KEY')]);
        expect(store.health()).toEqual({ writable: true, since: null, problem: null, pending: 0 });
      });

      it('is of all that was queued together, in the order of asking', async () => {
        const answered: string[] = [];
        const all = ['x.1', 'x.2', 'x.3'].map(async (event) => {
          await store.commit(note(event));
          answered.push(event);
        });
        // Queued after them, and yet there when they are: what is refused alone is refused alone.
        const created = store.create(aWorkspace('w1'));
        const refused = await Promise.allSettled(all);
        await created;
        expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
        await Promise.all(['x.1', 'x.2', 'x.3'].map((event) => store.commit(note(event))));
        expect(events(store)).toEqual(['workspace.created', 'x.1', 'x.2', 'x.3']);
        expect(answered).toEqual([]);
      });

      it('that refuses one change writes the others, and of that one nothing', async () => {
        await store.create(aWorkspace('w1'));
        const taken = { spec: aSpec('name-of-w1'), generation: 1 };
        const [first, second, third] = await Promise.allSettled([
          store.commit(note('x.first')),
          store.create(aWorkspace('w2', { spec: taken, secrets: [secret('w2', 'KEY')] })),
          store.commit(note('x.third')),
        ]);
        expect([first.status, third.status]).toEqual(['fulfilled', 'fulfilled']);
        expect(second).toMatchObject({ status: 'rejected', reason: { code: 'WORKSPACE_EXISTS' } });
        expect(events(store)).toEqual(['workspace.created', 'x.first', 'x.third']);
        expect(store.secrets()).toEqual([]);
        expect(store.lastSeq()).toBe(3);
      });

      it('is whole or not there when the power goes, and whatever was answered is there', async () => {
        await store.create(aWorkspace('w1'));
        await store.commit({
          workspaceId: 'w1',
          snapshot: aSnapshot('answered'),
          journal: [aRow('x.answered')],
        });
        void store.commit({ workspaceId: 'w1', snapshot: aSnapshot('asked'), journal: [aRow('x.asked')] });
        crash();
        expect(events(store)).toEqual(['workspace.created', 'x.answered']);
        expect(stateOf(store)).toBe('answered');
        await store.commit(note('x.next'));
        expect(store.lastSeq()).toBe(3);
      });

      it('tells who listens once, however many rows it wrote, and nobody when it wrote none', async () => {
        let told = 0;
        const end = store.onJournal(() => (told += 1));
        await Promise.all([store.create(aWorkspace('w1')), store.create(aWorkspace('w2'))]);
        expect(told).toBe(1);
        await store.savePresence([{ workspaceId: 'w1', presence }]);
        expect(told).toBe(1);
        end();
        await store.commit(note('x.happened'));
        expect(told).toBe(1);
      });
    });

    describe('a workspace', () => {
      it('cannot have the name of a present one, and can once that is removed', async () => {
        const named = (id: string) => aWorkspace(id, { spec: { spec: aSpec('ada'), generation: 1 } });
        await store.create(named('w1'));
        await expect(store.create(named('w2'))).rejects.toMatchObject({ code: 'WORKSPACE_EXISTS' });
        expect(store.journal('w2', { limit: 9 })).toEqual([]);
        await store.commit({ workspaceId: 'w1', removedAt: NOON });
        await store.create(named('w3'));
        expect(store.load().map((one) => one.workspaceId)).toEqual(['w3']);
      });

      it('leaves its former name to others when it is renamed', async () => {
        await store.create(aWorkspace('w1', { spec: { spec: aSpec('ada'), generation: 1 } }));
        const renamed = { workspaceId: 'w1', spec: { spec: aSpec('eve'), generation: 2 } };
        await store.commit(renamed);
        await store.create(aWorkspace('w2', { spec: { spec: aSpec('ada'), generation: 1 } }));
        await expect(
          store.commit({ workspaceId: 'w2', spec: { spec: aSpec('eve'), generation: 2 } }),
        ).rejects.toMatchObject({ code: 'WORKSPACE_EXISTS' });
        expect(store.load().map(({ spec }) => spec.name)).toEqual(['eve', 'ada']);
      });

      it('that nobody created is refused, and leaves no number behind', async () => {
        await expect(store.commit(note('x.happened'))).rejects.toMatchObject({ code: 'WORKSPACE_NOT_FOUND' });
        expect(store.lastSeq()).toBe(0);
      });

      it('that is removed keeps its journal and nothing else, for good', async () => {
        const secrets = [secret('w1', 'KEY')];
        await store.create(aWorkspace('w1', { token: token('a', 1), secrets }));
        await store.savePresence([{ workspaceId: 'w1', presence }]);
        await store.commit({ ...note('operator.removed'), removedAt: NOON });
        await store.savePresence([{ workspaceId: 'w1', presence }]);
        await store.addToken(token('b', null));
        await store.saveSecrets({ set: [secret('w1', 'OTHER')], forget: [] });
        await store.commit({ ...note('instance.destroyed'), removedAt: NOON + 99 });
        await restart();
        expect(store.load()).toEqual([]);
        expect(store.secrets()).toEqual([]);
        expect([store.isRemoved('w1'), store.isRemoved('nobody')]).toEqual([true, false]);
        expect(events(store)).toEqual(['workspace.created', 'operator.removed', 'instance.destroyed']);
      });
    });

    describe('tokens and secrets', () => {
      it('of incarnations before the one that is named go, one that outlives incarnations stays', async () => {
        await store.create(aWorkspace('w1', { token: token('a', null) }));
        const hashes = () => store.load()[0]?.tokens.map(({ hash }) => hash[0]);
        const give = (letter: string, incarnation: number, forgetBefore: number) =>
          store.commit({ workspaceId: 'w1', token: { ...token(letter, incarnation), forgetBefore } });
        await give('b', 1, 0);
        await give('c', 2, 1);
        await give('c', 2, 1);
        expect(hashes()).toEqual(['a', 'b', 'c']);
        await give('d', 3, 3);
        expect(hashes()).toEqual(['a', 'd']);
      });

      it('that outlive incarnations end when they are replaced, no later than they would have', async () => {
        await store.create(aWorkspace('w1', { token: token('a', null) }));
        await store.commit({ workspaceId: 'w1', token: { ...token('z', 1), forgetBefore: 0 } });
        const replace = (letter: string, after: number) =>
          store.rotateToken({ ...token(letter, null), createdAt: NOON + after }, NOON + 100 * after);
        await replace('b', 1);
        await replace('c', 2);
        const ends = () =>
          store.load()[0]?.tokens.map(({ hash, expiresAt }) => [hash[0], expiresAt && expiresAt - NOON]);
        expect(ends()).toEqual([
          ['a', 100],
          ['b', 200],
          ['c', null],
          ['z', null],
        ]);
        crash();
        for (let n = 3; n < 12; n += 1) await replace(String.fromCharCode(97 + n), n);
        expect(
          ends()
            ?.map(([letter]) => letter)
            .join(''),
        ).toBe('defghijklz');
        expect(ends()?.slice(-2)).toEqual([
          ['l', null],
          ['z', null],
        ]);
      });

      it('of people have names of their own, which are free again when they are revoked', async () => {
        const person = (id: string, name: string, createdAt = NOON) =>
          ({ id, name, role: 'viewer', hash: id.repeat(64), createdAt }) as const;
        await store.addAccessToken(person('b', 'eve', NOON + 1));
        await store.addAccessToken(person('a', 'ada'));
        await expect(store.addAccessToken(person('c', 'ada'))).rejects.toMatchObject({
          code: 'TOKEN_EXISTS',
        });
        await store.revokeAccessToken('a', NOON);
        await store.revokeAccessToken('a', NOON + 1);
        await store.addAccessToken(person('d', 'ada', NOON + 2));
        await restart();
        expect(store.accessTokens()).toEqual([person('b', 'eve', NOON + 1), person('d', 'ada', NOON + 2)]);
      });

      it('are told apart by their place: a name may be global and of workspaces', async () => {
        await store.create(aWorkspace('w1', { secrets: [secret('w1', 'KEY', 'own')] }));
        await store.saveSecrets({ set: [secret(null, 'KEY'), secret(null, 'ALL')], forget: [] });
        await store.commit({ workspaceId: 'w1', secrets: { set: [secret('w1', 'B')], forget: [] } });
        await store.saveSecrets({ set: [], forget: [{ workspaceId: null, name: 'KEY' }] });
        expect(store.secrets()).toEqual([secret(null, 'ALL'), secret('w1', 'B'), secret('w1', 'KEY', 'own')]);
        await store.commit({ workspaceId: 'w1', secrets: { set: [], forget: ['KEY', 'GONE'] } });
        await restart();
        expect(store.secrets()).toEqual([secret(null, 'ALL'), secret('w1', 'B')]);
      });
    });

    describe('what is kept beside', () => {
      it('is what sources were last found to stand for', async () => {
        const row = (source: string, revision: string | null) => ({
          source,
          revision,
          treeHash: null,
          checkedAt: NOON,
        });
        await store.saveDrift({ set: [row('b', '1'), row('a', null), row('c', '1')], forget: [] });
        await store.saveDrift({ set: [row('b', '2')], forget: ['c', 'never'] });
        await restart();
        expect(store.drift()).toEqual([row('a', null), row('b', '2')]);
      });

      it('is the answer to a repeated create, for a day', async () => {
        const idempotency = { key: 'k', digest: 'd', response: { id: 'w1' } };
        await store.create(aWorkspace('w1', { idempotency }));
        await restart();
        expect(store.idempotent('k')).toEqual({ digest: 'd', response: { id: 'w1' } });
        expect(store.idempotent('other')).toBeNull();
        await expect(store.create(aWorkspace('w2', { idempotency }))).rejects.toMatchObject({
          code: 'IDEMPOTENCY_CONFLICT',
        });
        world.setTime(NOON + DAY);
        expect(store.idempotent('k')).toBeNull();
        await store.create(aWorkspace('w2', { idempotency }));
        expect(store.idempotent('k')).toEqual({ digest: 'd', response: { id: 'w1' } });
        expect(store.load()).toHaveLength(2);
      });

      it('passes over the presence of workspaces that nobody knows', async () => {
        await store.create(aWorkspace('w1'));
        await store.savePresence([
          { workspaceId: 'nobody', presence },
          { workspaceId: 'w1', presence },
        ]);
        await store.savePresence([{ workspaceId: 'w1', presence: { ...presence, activeTasks: null } }]);
        expect(store.load()[0]?.presence).toEqual({ ...presence, activeTasks: null });
      });
    });

    describe('the journal', () => {
      it('is numbered through, and is paged upwards and downwards, of one workspace or of all', async () => {
        await store.create(aWorkspace('w1'));
        await store.create(aWorkspace('w2'));
        for (let round = 0; round < 3; round += 1) {
          for (const workspaceId of ['w1', 'w2']) await store.commit({ ...note('x.happened'), workspaceId });
        }
        const seqs = (...[id, page]: Parameters<Store['journal']>) =>
          store.journal(id, page).map(({ seq }) => seq);
        expect(seqs(null, { limit: 3 })).toEqual([1, 2, 3]);
        expect(seqs(null, { after: 3, limit: 3 })).toEqual([4, 5, 6]);
        expect(seqs(null, { after: 8, limit: 3 })).toEqual([]);
        expect(seqs('w1', { after: 1, limit: 2 })).toEqual([3, 5]);
        expect(seqs(null, { limit: 2, order: 'desc' })).toEqual([8, 7]);
        expect(seqs(null, { before: 7, limit: 2 })).toEqual([6, 5]);
        expect(seqs('w2', { before: 8, limit: 9, order: 'desc' })).toEqual([6, 4, 2]);
        expect(seqs('w2', { after: 2, before: 8, limit: 9, order: 'asc' })).toEqual([4, 6]);
        expect(seqs('nobody', { limit: 9 })).toEqual([]);
        expect(seqs(null, { limit: 0 })).toEqual([]);
      });

      it('gives back every field of a row', async () => {
        await store.create(aWorkspace('w1'));
        const reason = { code: 'lease-expired', message: 'It is silent.', hint: null } as const;
        const cause = { at: NOON, deep: [1, 'é', null] };
        const row = aRow('lease.expired', { at: NOON + 0.5, reason, cause });
        const told = aRow('plugin.fetched', { kind: 'note', child: 'fetching' });
        await store.commit({ workspaceId: 'w1', journal: [row, told] });
        expect(store.journal('w1', { after: 1, limit: 5 })).toEqual([
          { ...row, seq: 2, workspaceId: 'w1' },
          { ...told, seq: 3, workspaceId: 'w1' },
        ]);
      });

      it('keeps the first row and the newest ones of each workspace, and says what went', async () => {
        await restart({ journalCap: 20 });
        await store.create(aWorkspace('w1'));
        await store.create(aWorkspace('w2'));
        for (let round = 1; round <= 20; round += 1) await store.commit(note(`x.${round}`));
        const rows = store.journal('w1', { limit: 100 });
        expect(rows.map(({ event }) => event)).toEqual([
          'workspace.created',
          ...Array.from({ length: 16 }, (_, place) => `x.${place + 5}`),
          'journal.capped',
        ]);
        const { to } = aRow('');
        expect(rows.at(-1)).toMatchObject({
          at: NOON,
          kind: 'note',
          from: to,
          to,
          reason: null,
          cause: { dropped: 4, droppedInAll: 4 },
        });
        expect([store.droppedRows('w1'), store.droppedRows('w2')]).toEqual([4, 0]);
        expect(store.journal(null, { limit: 100 }).map(({ seq }) => seq)).toEqual([
          1,
          2,
          ...Array.from({ length: 17 }, (_, place) => place + 7),
        ]);
      });

      it('adds up what went and what is there, over restarts', async () => {
        await restart({ journalCap: 30 });
        await store.create(aWorkspace('w1'));
        for (let round = 0; round < 40; round += 1) {
          const rows = Array.from({ length: 1 + ((round * 7) % 11) }, () => aRow('x.happened'));
          await store.commit({ workspaceId: 'w1', journal: rows });
          if (round % 9 === 8) await restart({ journalCap: 30 });
        }
        const rows = store.journal('w1', { limit: 100 });
        expect(rows.length).toBeLessThanOrEqual(30);
        expect(rows.length + store.droppedRows('w1')).toBe(store.lastSeq());
      });

      it('keeps what a workspace was like every so often, as long as nothing after it is gone', async () => {
        const live = async (from: number, to: number) => {
          for (let round = from; round <= to; round += 1) {
            const snapshot = aSnapshot(`after ${round}`);
            void store.commit({ workspaceId: 'w1', snapshot, journal: [aRow('x.happened')] });
            if (round % 50 === 0) await store.settled();
          }
          await store.settled();
        };
        await restart({ journalCap: 300 });
        await store.create(aWorkspace('w1'));
        await live(2, 250);
        const at = (seq: number) => {
          const found = store.checkpoint('w1', seq);
          return found && [found.seq, (JSON.parse(found.raw) as { value: unknown }).value];
        };
        expect(at(199)).toBeNull();
        expect(at(200)).toEqual([200, 'after 200']);
        expect(at(1_000)).toEqual([200, 'after 200']);
        await live(251, 560);
        expect(at(399)).toBeNull();
        expect(store.journal('w1', { after: 1, limit: 1 })[0]?.seq).toBeGreaterThan(200);
        expect(store.checkpoint('nobody', 9_999)).toBeNull();
      });
    });

    describe('on a full disk', () => {
      const fill = async (): Promise<void> => {
        await store.create(aWorkspace('w1'));
        world.fillDisk();
        const first = store.commit({ workspaceId: 'w1', journal: [bulky('x.first')] });
        await expect(first).rejects.toMatchObject(UNWRITABLE);
      };

      it('a change is refused and yet kept, and written in its order when there is space again', async () => {
        await fill();
        expect(store.health()).toMatchObject({ writable: false, since: NOON, pending: 1 });
        expect(store.health().problem).toContain('full');
        const second = store.commit(note('x.second'));
        await Promise.all([expect(second).rejects.toMatchObject(UNWRITABLE), world.passTime()]);
        expect(events(store)).toEqual(['workspace.created']);
        world.freeDisk();
        const third = store.commit(note('x.third'));
        await Promise.all([third, world.passTime()]);
        expect(events(store)).toEqual(['workspace.created', 'x.first', 'x.second', 'x.third']);
        expect(store.health()).toEqual({ writable: true, since: null, problem: null, pending: 0 });
      });

      it('everything that somebody waits for is refused at once, and nothing of it exists later', async () => {
        await fill();
        const asked = await Promise.allSettled([
          store.create(aWorkspace('w2')),
          store.addToken(token('a', null)),
          store.saveSecrets({ set: [secret(null, 'KEY')], forget: [] }),
          store.savePresence([{ workspaceId: 'w1', presence }]),
        ]);
        for (const one of asked) expect(one).toMatchObject({ status: 'rejected', reason: UNWRITABLE });
        expect(store.health().pending).toBe(1);
        world.freeDisk();
        await world.passTime();
        await store.settled();
        expect(store.load()).toMatchObject([{ workspaceId: 'w1', tokens: [], presence: null }]);
        expect(store.secrets()).toEqual([]);
      });

      it('settles only when what waits is written, unless the waiting is given up', async () => {
        await fill();
        const giveUp = new AbortController();
        const settled: string[] = [];
        const patient = store.settled().then(() => settled.push('patient'));
        const given = store.settled(giveUp.signal);
        giveUp.abort(new Error('enough'));
        await expect(given).rejects.toThrow('enough');
        await world.passTime();
        expect(settled).toEqual([]);
        world.freeDisk();
        await world.passTime();
        await patient;
        expect(events(store)).toEqual(['workspace.created', 'x.first']);
      });

      it('tells of an outage once, however often it is tried, and of what is lost when it is closed', async () => {
        await fill();
        for (let round = 0; round < 3; round += 1) await world.passTime();
        expect(world.faults).toEqual([expect.objectContaining(UNWRITABLE)]);
        await store.close();
        expect(world.faults.at(-1)).toMatchObject({
          ...UNWRITABLE,
          message: expect.stringMatching(/ 1 changes/),
        });
      });

      it('what waits is lost with the power, but not when it is closed once there is space', async () => {
        await fill();
        world.freeDisk();
        await restart();
        expect(events(store)).toEqual(['workspace.created', 'x.first']);
        world.fillDisk();
        const second = store.commit({ workspaceId: 'w1', journal: [bulky('x.second')] });
        await expect(second).rejects.toMatchObject(UNWRITABLE);
        crash();
        expect(events(store)).toEqual(['workspace.created', 'x.first']);
      });
    });

    it('writes what waits when it is closed, once, and nothing after that', async () => {
      await store.create(aWorkspace('w1'));
      const last = store.commit(note('x.last'));
      await store.close();
      await last;
      await store.close();
      await expect(store.commit(note('x.late'))).rejects.toMatchObject(UNWRITABLE);
      store = world.open();
      expect(events(store)).toEqual(['workspace.created', 'x.last']);
    });
  });
};
