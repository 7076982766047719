import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/ui/live/backoff.ts';

describe('coming back after an interruption', () => {
  it('is tried within half a second at first', () => {
    expect(backoffMs(0, 1)).toBe(500);
    expect(backoffMs(0, 0)).toBe(250);
  });

  it('waits longer each time, and 15 s at most', () => {
    const waits = [0, 1, 2, 3, 4, 5, 40].map((failures) => backoffMs(failures, 1));
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });
});
