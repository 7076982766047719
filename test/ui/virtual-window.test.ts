import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrollToShow, windowOf } from '../../src/ui/fleet/virtual-window.ts';

const sight = fc.record({
  scrollTop: fc.integer({ min: -200, max: 500_000 }),
  height: fc.integer({ min: 0, max: 2_000 }),
  rowHeight: fc.integer({ min: 20, max: 100 }),
  count: fc.integer({ min: 0, max: 10_000 }),
});

describe('the rows that are drawn of a long list', () => {
  it('are all that can be seen, and few more', () => {
    fc.assert(
      fc.property(sight, (one) => {
        const { first, end } = windowOf(one, 6);
        const { height, rowHeight, count } = one;
        const top = Math.min(Math.max(0, one.scrollTop), Math.max(0, count * rowHeight - height));
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(count);
        expect(first * rowHeight).toBeLessThanOrEqual(top);
        expect(end * rowHeight).toBeGreaterThanOrEqual(Math.min(top + height, count * rowHeight));
        expect(end - first).toBeLessThanOrEqual(Math.ceil(height / rowHeight) + 14);
      }),
    );
  });
});

describe('walking to a row', () => {
  const list = { scrollTop: 400, height: 200, rowHeight: 40, count: 100 };

  it('scrolls as little as shows it whole', () => {
    expect(scrollToShow(2, list)).toBe(80);
    expect(scrollToShow(12, list)).toBe(400);
    expect(scrollToShow(15, list)).toBe(440);
  });
});
