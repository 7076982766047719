import { beforeEach, describe, expect, it } from 'vitest';
import type { NotifyChange, OutboxDraft } from '../../src/supervisor/outbox-port.ts';
import type { Store } from '../../src/supervisor/ports.ts';
import type { StoreWorld } from './contract.ts';
import { aRow, aWorkspace, NOON } from './records.ts';

const draft = (id: string, more: Partial<OutboxDraft> = {}): OutboxDraft => ({
  id,
  target: 'ops',
  incident: 'i1',
  notice: { kind: 'offline', text: `of ${id}` },
  createdAt: NOON,
  dueAt: NOON + 2_000.5,
  ...more,
});
const telling = (...add: OutboxDraft[]): NotifyChange => ({
  add,
  withdraw: [],
  incident: { subject: 'w1', state: { id: 'i1', downs: [NOON] } },
});
const idsOf = (store: Store, state: 'pending' | 'delivered' | 'dead') =>
  store.outbox({ state, limit: 1_000 }).map(({ id }) => id);

/** What every store promises of notices, wherever it writes. */
export const describeOutboxContract = (name: string, createWorld: () => StoreWorld): void => {
  describe(`the outbox of the ${name} store`, () => {
    let world: StoreWorld;
    let store: Store;
    beforeEach(async () => {
      world = createWorld();
      store = world.open();
      await store.create(aWorkspace('w1'));
    });

    it('is written with the journal row that it tells of, or not at all', async () => {
      await store.commit({
        workspaceId: 'w1',
        journal: [aRow('lease.expired')],
        notify: telling(draft('a')),
      });
      const lost = store.commit({ workspaceId: 'w1', journal: [aRow('late')], notify: telling(draft('b')) });
      world.cutPower(store);
      void lost.catch(() => undefined);
      store = world.open();
      const rows = store.journal('w1', { limit: 10 }).map(({ event }) => event);
      expect([rows.includes('lease.expired'), rows.includes('late')]).toEqual([true, false]);
      expect(store.outbox({ state: 'pending', limit: 10 })).toEqual([
        {
          ...draft('a'),
          number: 1,
          tries: 0,
          batch: null,
          state: 'pending',
          problem: null,
          endedAt: null,
          receipt: null,
        },
      ]);
      expect(store.incidents()).toEqual([{ subject: 'w1', state: { id: 'i1', downs: [NOON] } }]);
    });

    it('is not written where the change that it belongs to is refused', async () => {
      const refused = store.commit({
        workspaceId: 'nobody',
        journal: [aRow('lease.expired')],
        notify: telling(draft('a')),
      });
      await expect(refused).rejects.toThrow();
      expect([idsOf(store, 'pending'), store.incidents()]).toEqual([[], []]);
    });

    it('holds what was decided, whatever happens to the object until it is written', async () => {
      const change = telling(draft('a'));
      const written = store.notify(change);
      change.add[0] = draft('b');
      change.incident = null;
      await written;
      expect([idsOf(store, 'pending'), store.incidents().length]).toEqual([['a'], 1]);
    });

    it('takes a notice for a target once, and for another target as well', async () => {
      await store.notify(telling(draft('a'), draft('a'), draft('a', { target: 'phone' })));
      await store.notify(telling(draft('a', { dueAt: 1 })));
      const rows = store.outbox({ state: 'pending', limit: 10 });
      expect(rows.map(({ target, dueAt }) => [target, dueAt])).toEqual([
        ['ops', NOON + 2_000.5],
        ['phone', NOON + 2_000.5],
      ]);
    });

    it('takes back what nobody has tried to deliver, and only that', async () => {
      await store.notify(telling(draft('a'), draft('b'), draft('c')));
      await store.settleOutbox([{ number: 2, tries: 1 }]);
      await store.notify({
        add: [],
        withdraw: ['a', 'b', 'unknown'],
        incident: { subject: 'w1', state: null },
      });
      expect([idsOf(store, 'pending'), store.incidents()]).toEqual([['b', 'c'], []]);
    });

    it('tells what came of each, pending ones in their order and the others the latest first', async () => {
      await store.notify(telling(...['a', 'b', 'c', 'd'].map((id) => draft(id))));
      await store.settleOutbox([
        { number: 1, state: 'delivered', endedAt: NOON + 1, receipt: '17', tries: 1 },
        { number: 3, state: 'delivered', endedAt: NOON + 2, batch: 'c', tries: 1 },
        { number: 4, state: 'dead', endedAt: NOON + 3, problem: 'It answered 500.', tries: 8 },
        { number: 99, state: 'dead' },
      ]);
      expect(idsOf(store, 'pending')).toEqual(['b']);
      expect(idsOf(store, 'delivered')).toEqual(['c', 'a']);
      expect(store.outbox({ state: 'delivered', limit: 1 })[0]).toMatchObject({ id: 'c', batch: 'c' });
      expect(store.outbox({ state: 'dead', limit: 1 })[0]).toMatchObject({
        id: 'd',
        tries: 8,
        problem: 'It answered 500.',
      });
      await store.close();
      store = world.open();
      expect(store.outbox({ state: 'delivered', limit: 5 })[1]).toMatchObject({ id: 'a', receipt: '17' });
    });

    it('keeps the latest hundred that are delivered for each target, and every pending one', async () => {
      const many = Array.from({ length: 130 }, (_, place) => draft(`n${place}`));
      await store.notify(telling(...many, draft('other', { target: 'phone' })));
      await store.settleOutbox(
        Array.from({ length: 120 }, (_, place) => ({
          number: place + 1,
          state: 'delivered' as const,
          endedAt: NOON + place,
        })),
      );
      await store.settleOutbox([{ number: 131, state: 'delivered', endedAt: 1 }]);
      const delivered = idsOf(store, 'delivered');
      expect([delivered.length, delivered[0], delivered.at(-1)]).toEqual([101, 'n119', 'other']);
      expect(store.outbox({ state: 'delivered', target: 'phone', limit: 5 })).toHaveLength(1);
      expect(store.outbox({ state: 'pending', target: 'ops', limit: 3 }).map(({ id }) => id)).toEqual([
        'n120',
        'n121',
        'n122',
      ]);
      expect(idsOf(store, 'pending')).toHaveLength(10);
    });

    it('is kept while the disk takes nothing, and written when it does again', async () => {
      world.fillDisk();
      const big = draft('a', { notice: 'x'.repeat(50_000) });
      await expect(store.notify(telling(big))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
      world.freeDisk();
      await world.passTime();
      await store.settled();
      expect(idsOf(store, 'pending')).toEqual(['a']);
    });
  });
};
