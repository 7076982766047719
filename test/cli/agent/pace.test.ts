import { assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beatDelayMs, parseInterval, parseRetryAfter, retryDelayMs } from '../../../src/cli/agent/pace.ts';

const LIMITS = { minMs: 1_000, maxMs: 30_000 };
const roll = () => double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the pace of a healthy sidecar', () => {
  it('is the interval of the reply, give or take 10 %', () => {
    expect(beatDelayMs(30_000, 0)).toBe(27_000);
    expect(beatDelayMs(30_000, 0.5)).toBe(30_000);
    expect(beatDelayMs(30_000, 0.999_999)).toBeCloseTo(33_000, 0);
  });

  it('is 30 s when the reply asks for nothing sensible', () => {
    for (const nonsense of [undefined, null, 'soon', Number.NaN, 0, -5]) {
      expect(parseInterval(nonsense)).toBe(30_000);
    }
  });

  it('is never a busy loop nor a silence of hours', () => {
    expect(parseInterval(0.000_001)).toBe(100);
    expect(parseInterval(1e9)).toBe(15 * 60_000);
  });
});

describe('the pace while the server is away', () => {
  it('lies between 1 s and 30 s whatever the dice say', () => {
    assert(
      property(integer({ min: 1, max: 10_000 }), roll(), (attempt, dice) => {
        const ms = retryDelayMs(attempt, LIMITS, null, dice);
        expect(ms).toBeGreaterThanOrEqual(1_000);
        expect(ms).toBeLessThanOrEqual(30_000);
      }),
    );
  });

  it('spreads over a range that doubles with each failure', () => {
    const ceilings = [1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(attempt, LIMITS, null, 1));
    expect(ceilings).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('is never quicker than Retry-After asks, and does not bring the whole fleet back at one moment', () => {
    expect(retryDelayMs(1, LIMITS, 60_000, 0)).toBe(60_000);
    expect(retryDelayMs(1, LIMITS, 60_000, 0.5)).toBe(63_000);
  });
});

describe('a Retry-After header', () => {
  it('may be seconds', () => {
    expect(parseRetryAfter(new Headers({ 'retry-after': '7' }))).toBe(7_000);
  });

  it('may be a date, which counts from the date of the reply', () => {
    const headers = new Headers({
      date: 'Mon, 02 Mar 2026 10:00:00 GMT',
      'retry-after': 'Mon, 02 Mar 2026 10:01:30 GMT',
    });
    expect(parseRetryAfter(headers)).toBe(90_000);
  });

  it('is ignored when it is absent, unreadable or past, and capped at 15 min', () => {
    expect(parseRetryAfter(new Headers())).toBeNull();
    expect(parseRetryAfter(new Headers({ 'retry-after': 'tomorrow' }))).toBeNull();
    expect(parseRetryAfter(new Headers({ 'retry-after': '0' }))).toBeNull();
    expect(parseRetryAfter(new Headers({ 'retry-after': '999999' }))).toBe(15 * 60_000);
  });
});
