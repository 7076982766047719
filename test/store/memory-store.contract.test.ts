import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { EpochMs } from '../../machines/time.ts';
import type { Life } from '../../src/testing/memory/life.ts';
import { createMemoryClock } from '../../src/testing/memory/memory-clock.ts';
import { createMemoryDisk, openMemoryStore } from '../../src/testing/memory/memory-store.ts';
import { describeAuditContract } from './audit-contract.ts';
import { describeBeatsContract } from './beats-contract.ts';
import { describeStoreContract, type StoreWorld } from './contract.ts';
import { describeOutboxContract } from './outbox-contract.ts';
import { aRow, aSnapshot, aWorkspace, NOON } from './records.ts';
import { handTimers } from './support.ts';

const createWorld = (): StoreWorld => {
  const disk = createMemoryDisk();
  const timers = handTimers();
  const faults: unknown[] = [];
  let now = NOON;
  let over = { is: false };
  const schedule = (at: EpochMs, run: () => void): (() => void) => {
    if (at > now) return timers.schedule(run);
    const turn = setImmediate(run);
    return () => clearImmediate(turn);
  };
  return {
    faults,
    open: (caps = {}) => {
      const own = { is: false };
      over = own;
      const life = { step: () => undefined, isOver: () => own.is };
      const onFault = (fault: unknown) => void faults.push(fault);
      return openMemoryStore({ disk, clock: { now: () => now, schedule }, life, onFault, ...caps });
    },
    cutPower: () => {
      over.is = true;
      disk.problem = null;
    },
    fillDisk: () => {
      disk.problem = 'database or disk is full';
    },
    freeDisk: () => {
      disk.problem = null;
    },
    async passTime() {
      timers.pass();
      await nextTurn();
    },
    setTime: (at) => {
      now = at;
    },
  };
};

describeStoreContract('memory', createWorld);
describeBeatsContract('memory', createWorld);
describeOutboxContract('memory', createWorld);
describeAuditContract('memory', createWorld);

const change = (name: string) => ({
  workspaceId: 'w1',
  snapshot: aSnapshot(name),
  journal: [aRow(`x.${name}`)],
});

/** A disk with one workspace, and a life that ends at the given write of the next commit or at a boundary. */
const openDying = async (diesAt: string | number) => {
  const disk = createMemoryDisk();
  const clock = createMemoryClock({ start: NOON });
  const first = openMemoryStore({ disk, clock });
  void first.create(aWorkspace('w1'));
  await first.flush();
  let writes = 0;
  let over = false;
  const life: Life = {
    step: (what) => void (over ||= what === diesAt),
    instant: () => void (over ||= (writes += 1) === diesAt),
    isOver: () => over,
  };
  return {
    dying: openMemoryStore({ disk, clock, life }),
    reopen: () => openMemoryStore({ disk, clock }),
    clock,
  };
};

it.each([
  ['before the first of its writes', 1, 'wanted.provisioning'],
  ['in the middle of its writes', 2, 'wanted.provisioning'],
  ['before the group is begun', 'store.commit', 'wanted.provisioning'],
  ['when the group is durable and nobody was told', 'store.committed', 'third'],
] as const)('a life that ends %s leaves the whole group or nothing', async (_, diesAt, state) => {
  const { dying, reopen, clock } = await openDying(diesAt);
  const answered: string[] = [];
  for (const name of ['first', 'second', 'third']) {
    dying.commit(change(name)).then(
      () => answered.push(name),
      () => answered.push(`not ${name}`),
    );
  }
  await clock.advance(10_000);
  expect(answered).toEqual([]);
  const next = reopen();
  expect(JSON.parse(next.load()[0]?.rawSnapshot ?? '')).toMatchObject({ value: state });
  const rows = next.journal('w1', { limit: 9 }).map(({ event }) => event);
  expect(rows).toEqual(
    state === 'third' ? ['workspace.created', 'x.first', 'x.second', 'x.third'] : ['workspace.created'],
  );
  await clock.advance(10_000);
  expect(next.lastSeq()).toBe(rows.length);
});

it('shares one commit among all that is queued until it is due', async () => {
  const disk = createMemoryDisk();
  const clock = createMemoryClock({ start: NOON });
  const commits: number[] = [];
  const life: Life = {
    step: (what) => void (what === 'store.committed' && commits.push(clock.elapsed())),
    isOver: () => false,
  };
  const store = openMemoryStore({ disk, clock, life, commitAfterMs: 5 });
  void store.create(aWorkspace('w1'));
  await clock.advance(4);
  void store.commit(change('late'));
  expect(store.lastSeq()).toBe(0);
  await clock.advance(1);
  expect(store.lastSeq()).toBe(2);
  await clock.advance(1_000);
  expect(commits).toEqual([5]);
});
