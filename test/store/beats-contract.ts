import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../machines/time.ts';
import type { BeatMinute } from '../../machines/workspace/beat-minute.ts';
import type { Store } from '../../src/supervisor/ports.ts';
import type { StoreWorld } from './contract.ts';
import { aRow, aWorkspace, NOON } from './records.ts';

const FIRST = NOON / MINUTE;
export const EVERYTHING = { since: 0, gapsFromMs: 0 };

export const aMinute = (after: number, more: Partial<BeatMinute> = {}): BeatMinute => {
  const minute = FIRST + after;
  return {
    workspaceId: 'w1',
    minute,
    incarnation: 1,
    beats: 2,
    longestGapMs: 30_000,
    gapEndedAt: minute * MINUTE + 10_000,
    lastBeatAt: minute * MINUTE + 40_000,
    ...more,
  };
};
/** What every store promises of beats, and of the journal asked for some events. */
export const describeBeatsContract = (name: string, createWorld: () => StoreWorld): void => {
  const opened = async (options: Parameters<StoreWorld['open']>[0] = {}) => {
    const world = createWorld();
    const store = world.open(options);
    await store.create(aWorkspace('w1'));
    await store.create(aWorkspace('w2'));
    return { world, store };
  };

  describe(`the ${name} store`, () => {
    describe('the beats of a workspace', () => {
      it('are given back by minutes, after closing and opening again', async () => {
        const { world, store } = await opened();
        await store.saveBeats([aMinute(0), aMinute(1, { longestGapMs: 75_000 }), aMinute(5, { beats: 3 })]);
        const history = {
          minutes: 3,
          beats: 7,
          firstAt: NOON,
          lastAt: NOON + 5 * MINUTE + 40_000,
          longestGapMs: 75_000,
          gaps: [{ endedAt: NOON + MINUTE + 10_000, lengthMs: 75_000 }],
        };
        expect(store.beats('w1', { since: 0, gapsFromMs: 60_000 })).toEqual(history);
        await store.close();
        expect(world.open().beats('w1', { since: 0, gapsFromMs: 60_000 })).toEqual(history);
      });

      it('are told of the minutes that began at a moment or later, with gaps of a length or longer', async () => {
        const { store } = await opened();
        await store.saveBeats([0, 1, 2, 3].map((n) => aMinute(n, { longestGapMs: 10_000 * (n + 1) })));
        const lengths = (since: number, gapsFromMs: number) =>
          store.beats('w1', { since, gapsFromMs }).gaps.map(({ lengthMs }) => lengthMs);
        expect(lengths(0, 20_000)).toEqual([20_000, 30_000, 40_000]);
        expect(lengths(NOON + 2 * MINUTE, 0)).toEqual([30_000, 40_000]);
        expect(lengths(NOON + 2 * MINUTE + 1, 0)).toEqual([40_000]);
        expect(store.beats('w1', { since: NOON + 3 * MINUTE, gapsFromMs: 0 })).toMatchObject({
          minutes: 1,
          beats: 2,
        });
      });

      it('are nothing where nothing was heard', async () => {
        const { store } = await opened();
        await store.saveBeats([aMinute(0, { workspaceId: 'w2' })]);
        for (const id of ['w1', 'nobody']) {
          expect(store.beats(id, EVERYTHING)).toEqual({
            minutes: 0,
            beats: 0,
            firstAt: null,
            lastAt: null,
            longestGapMs: 0,
            gaps: [],
          });
        }
      });

      it('of one minute add up: the longest gap stays, with its moment', async () => {
        const { store } = await opened();
        const endedAt = (ms: number) => ({ gapEndedAt: NOON + ms, lastBeatAt: NOON + ms });
        await store.saveBeats([aMinute(0, { beats: 1, longestGapMs: 0, ...endedAt(1_000) })]);
        await store.saveBeats([aMinute(0, { beats: 2, longestGapMs: 9_000, ...endedAt(20_000) })]);
        await store.saveBeats([aMinute(0, { beats: 4, longestGapMs: 8_000, ...endedAt(50_000) })]);
        expect(store.beats('w1', EVERYTHING)).toMatchObject({
          minutes: 1,
          beats: 7,
          lastAt: NOON + 50_000,
          gaps: [{ endedAt: NOON + 20_000, lengthMs: 9_000 }],
        });
      });

      it('of two incarnations in one minute are kept apart, and it is one minute', async () => {
        const { store } = await opened();
        await store.saveBeats([aMinute(0), aMinute(0, { incarnation: 2, longestGapMs: 5_000 })]);
        expect(store.beats('w1', EVERYTHING)).toMatchObject({
          minutes: 1,
          beats: 4,
          gaps: [{ lengthMs: 30_000 }, { lengthMs: 5_000 }],
        });
      });

      it('take a clock that gives fractions of a millisecond', async () => {
        const { store } = await opened();
        await store.saveBeats([aMinute(0, { gapEndedAt: NOON + 0.25, lastBeatAt: NOON + 100.75 })]);
        expect(store.beats('w1', EVERYTHING)).toMatchObject({
          lastAt: NOON + 101,
          gaps: [{ endedAt: NOON }],
        });
      });
    });

    describe('how long beats are kept', () => {
      it('is the latest minutes of each workspace, the oldest going first', async () => {
        const { store } = await opened({ beatHistoryCap: 3 });
        await store.saveBeats([aMinute(0, { workspaceId: 'w2' })]);
        for (let n = 0; n < 9; n += 1) {
          await store.saveBeats([aMinute(n)]);
          expect(store.beats('w1', EVERYTHING).minutes).toBeLessThanOrEqual(3);
        }
        expect(store.beats('w1', EVERYTHING)).toMatchObject({ minutes: 3, firstAt: NOON + 6 * MINUTE });
        expect(store.beats('w2', EVERYTHING).minutes).toBe(1);
      });

      it('is not at all with a cap of nothing', async () => {
        const { store } = await opened({ beatHistoryCap: 0 });
        await store.saveBeats([aMinute(0)]);
        expect(store.beats('w1', EVERYTHING).minutes).toBe(0);
      });

      it('ends with the workspace: nothing of it stays, and nothing comes back', async () => {
        const { store } = await opened();
        await store.saveBeats([aMinute(0), aMinute(1), aMinute(0, { workspaceId: 'w2' })]);
        await store.commit({ workspaceId: 'w1', journal: [aRow('operator.removed')], removedAt: NOON });
        await store.saveBeats([aMinute(2), aMinute(3, { workspaceId: 'nobody' })]);
        expect(['w1', 'w2', 'nobody'].map((id) => store.beats(id, EVERYTHING).minutes)).toEqual([0, 1, 0]);
      });
    });

    describe('the journal asked for some events only', () => {
      it('gives those rows, of one workspace or of all, in either order', async () => {
        const { store } = await opened();
        for (const event of ['x.began', 'x.ended', 'x.went'])
          for (const workspaceId of ['w1', 'w2']) await store.commit({ workspaceId, journal: [aRow(event)] });
        const events = ['x.ended', 'x.went'];
        const seqs = (...[id, page]: Parameters<Store['journal']>) =>
          store.journal(id, page).map(({ seq }) => seq);
        expect(seqs('w1', { limit: 9, events })).toEqual([5, 7]);
        expect(seqs(null, { limit: 9, events, order: 'desc' })).toEqual([8, 7, 6, 5]);
        expect(seqs('w2', { limit: 1, before: 8, events, order: 'desc' })).toEqual([6]);
        expect(seqs(null, { limit: 9, events: [] })).toEqual([]);
      });
    });
  });
};
