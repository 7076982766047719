import { array, assert, constantFrom, integer, property, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import {
  type BeatRecord,
  judge,
  leaseOf,
  type Offline,
  suggestOfflineAfter,
} from '../../machines/workspace/backtest.ts';

const NOON = Date.parse('2026-11-25T12:00:00Z');

const heard = (more: Partial<BeatRecord> = {}): BeatRecord => ({
  offlineAfterMs: 180 * SECOND,
  leastLeaseMs: 60 * SECOND,
  minutes: 60,
  beats: 120,
  firstAt: NOON,
  lastAt: NOON + 60 * MINUTE,
  longestGapMs: Math.max(0, ...(more.gaps ?? []).map(({ lengthMs }) => lengthMs)),
  gaps: [],
  offlines: [],
  ...more,
});
const gap = (atMinute: number, seconds: number) => ({
  endedAt: NOON + atMinute * MINUTE,
  lengthMs: seconds * SECOND,
});
const silence = (atMinute: number, seconds: number): Offline => ({
  by: 'silence',
  at: NOON + atMinute * MINUTE,
  lastBeatAt: NOON + atMinute * MINUTE - seconds * SECOND,
});
const exit = (atMinute: number): Offline => ({ by: 'exit', at: NOON + atMinute * MINUTE, lastBeatAt: null });

describe('judging a period by another lease', () => {
  it('counts every silence as long as the lease that the same incarnation broke itself', () => {
    const record = heard({ gaps: [gap(5, 70), gap(9, 120), gap(20, 119), gap(30, 240)] });
    const mistaken = (seconds: number) => judge([record], seconds * SECOND).mistaken;
    expect([60, 70, 71, 120, 121, 240, 241].map(mistaken)).toEqual([4, 4, 3, 2, 1, 1, 0]);
  });

  it('takes no lease for shorter than two intervals', () => {
    const record = heard({ gaps: [gap(5, 70)], leastLeaseMs: 90 * SECOND });
    expect(judge([record], 1 * SECOND)).toEqual(judge([record], 90 * SECOND));
    expect(judge([record], 1 * SECOND).mistaken).toBe(0);
  });

  it('counts an offline as real when nothing more was heard, and says when another lease had noticed it', () => {
    const record = heard({ offlines: [silence(10, 180), silence(40, 180), exit(50)] });
    expect(judge([record], null)).toEqual({
      offlines: 3,
      mistaken: 0,
      real: 3,
      silent: 2,
      noticedAfterMs: { median: 180 * SECOND, worst: 180 * SECOND },
    });
    expect(judge([record], 60 * SECOND).noticedAfterMs).toEqual({ median: 60 * SECOND, worst: 60 * SECOND });
    const seen = heard({ offlines: [exit(1), exit(2), silence(10, 180)] });
    expect(judge([seen], 90 * SECOND).noticedAfterMs).toEqual({ median: 0, worst: 90 * SECOND });
    expect(judge([heard()], 90 * SECOND).noticedAfterMs).toBeNull();
  });

  it('counts an offline that was followed by a beat once, as a false one', () => {
    const record = heard({ gaps: [gap(12, 300)], offlines: [silence(10, 180)] });
    expect(judge([record], null)).toMatchObject({ offlines: 1, mistaken: 1, real: 0 });
    expect(judge([record], 400 * SECOND)).toMatchObject({ offlines: 0, mistaken: 0, real: 0 });
  });

  it('does not take a silence before or after for the one that was broken', () => {
    const before = heard({ gaps: [gap(6, 180)], offlines: [silence(10, 180)] });
    const after = heard({ gaps: [gap(20, 180)], offlines: [silence(10, 180)] });
    const never = heard({ gaps: [gap(12, 300)], offlines: [{ ...silence(10, 180), lastBeatAt: null }] });
    for (const record of [before, after, never]) expect(judge([record], null).real).toBe(1);
  });

  it('judges each workspace by its own value when none is proposed', () => {
    const patient = heard({ offlineAfterMs: 600 * SECOND, gaps: [gap(5, 300)] });
    const strict = heard({ offlineAfterMs: 120 * SECOND, gaps: [gap(5, 300)] });
    expect(judge([patient, strict], null).mistaken).toBe(1);
    expect(judge([patient, strict], 120 * SECOND).mistaken).toBe(2);
  });
});

describe('the suggested value', () => {
  it.each([
    ['nothing longer than usual', [], 60],
    ['a silence of 70 s', [gap(5, 70)], 90],
    ['a silence of 100 s', [gap(5, 70), gap(9, 100)], 120],
    ['a silence of 101 s', [gap(5, 101)], 180],
    ['a silence of an hour', [gap(90, 3_600)], 2 * 3_600],
    ['a silence of seven hours', [gap(900, 7 * 3_600)], 9 * 3_600],
  ])('after %s', (_, gaps, seconds) => {
    expect(suggestOfflineAfter([heard({ gaps }), heard()])).toBe(seconds * SECOND);
  });

  it('is what suits the slowest of a fleet', () => {
    const slow = heard({ leastLeaseMs: 400 * SECOND });
    expect(suggestOfflineAfter([heard({ gaps: [gap(5, 200)] }), slow])).toBe(420 * SECOND);
  });
});

const anyOffline = tuple(
  constantFrom('silence', 'exit'),
  integer({ min: 1, max: 900 }),
  integer({ min: 60, max: 400 }),
).map(([by, minute, seconds]) => (by === 'exit' ? exit(minute) : silence(minute, seconds)));
const anyRecord = record({
  offlineAfterMs: integer({ min: 1, max: 600 }).map((seconds) => seconds * SECOND),
  leastLeaseMs: integer({ min: 1, max: 120 }).map((seconds) => seconds * SECOND),
  gaps: array(
    tuple(integer({ min: 1, max: 900 }), integer({ min: 1, max: 4_000 })).map(([minute, seconds]) =>
      gap(minute, seconds),
    ),
    { maxLength: 12 },
  ),
  offlines: array(anyOffline, { maxLength: 6 }),
}).map((some) => {
  // As the store gives them: only what the shortest lease can see.
  const gaps = some.gaps.filter(({ lengthMs }) => lengthMs >= some.leastLeaseMs);
  return heard({ ...some, gaps, longestGapMs: Math.max(0, ...some.gaps.map(({ lengthMs }) => lengthMs)) });
});
const anyFleet = array(anyRecord, { minLength: 1, maxLength: 4 });
const anyValue = integer({ min: 1, max: 5_000 }).map((seconds) => seconds * SECOND);

describe('whatever was heard', () => {
  it('a longer lease never gives more offlines, and never notices sooner', () => {
    assert(
      property(anyFleet, anyValue, anyValue, (fleet, one, other) => {
        const [short, long] = [Math.min(one, other), Math.max(one, other)].map((value) =>
          judge(fleet, value),
        );
        expect(long?.offlines).toBeLessThanOrEqual(short?.offlines ?? 0);
        expect(long?.mistaken).toBeLessThanOrEqual(short?.mistaken ?? 0);
        expect(long?.real).toBe(short?.real);
        expect(long?.noticedAfterMs?.worst ?? 0).toBeGreaterThanOrEqual(short?.noticedAfterMs?.worst ?? 0);
      }),
    );
  });

  it('false and real ones are all there are', () => {
    assert(
      property(anyFleet, anyValue, (fleet, value) => {
        const { offlines, mistaken, real, silent } = judge(fleet, value);
        expect(mistaken + real).toBe(offlines);
        expect(mistaken).toBeGreaterThanOrEqual(0);
        expect(silent).toBeLessThanOrEqual(real);
      }),
    );
  });

  it('the suggestion has no false one, is no shorter than any lease, and the one below it on paper would not do', () => {
    assert(
      property(anyFleet, (fleet) => {
        const value = suggestOfflineAfter(fleet);
        expect(judge(fleet, value).mistaken).toBe(0);
        for (const each of fleet) expect(leaseOf(each, value)).toBe(value);
        const longest = Math.max(
          ...fleet.map(({ longestGapMs, leastLeaseMs }) => Math.max(longestGapMs, leastLeaseMs)),
        );
        expect(value).toBeLessThanOrEqual(Math.max(100, longest * 1.2 * 2, longest * 1.2 + 3_600_000));
      }),
    );
  });
});
