import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serverNow, syncClock, syncClockBySecond } from '../../src/ui/live/clock.ts';

const NOON = Date.parse('2026-03-01T12:00:00.000Z');

describe('the clock of the server', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOON });
    // A step that is large enough to be taken over for sure, and back to where ours is.
    syncClock('2026-03-01T13:00:00.000Z');
    syncClock('2026-03-01T12:00:00.000Z');
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is taken over where it differs from ours', () => {
    syncClock('2026-03-01T12:00:40.000Z');
    expect(serverNow() - NOON).toBe(40_000);
  });

  it('is not mistaken for the time that the network takes', () => {
    syncClock('2026-03-01T11:59:59.600Z');
    expect(serverNow()).toBe(NOON);
  });

  it('is known from an answer to a second, and left alone within that', () => {
    syncClockBySecond('Sun, 01 Mar 2026 12:00:00 GMT');
    syncClockBySecond('Sun, 01 Mar 2026 11:59:59 GMT');
    expect(serverNow()).toBe(NOON);
    syncClockBySecond('Sun, 01 Mar 2026 11:58:00 GMT');
    expect(serverNow() - NOON).toBe(-119_500);
  });

  it('is left alone by an answer without a date', () => {
    syncClockBySecond(null);
    syncClockBySecond('not a date');
    expect(serverNow()).toBe(NOON);
  });
});
