import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shrink } from '../../../src/testing/simulate/shrink.ts';

const list = (length: number) => Array.from({ length }, (_, index) => index);

describe('making a failing list shorter', () => {
  it('leaves exactly what is needed, in order, wherever that is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 6 }), async (needed) => {
        const shows = async (left: readonly number[]) => needed.every((one) => left.includes(one));
        expect(await shrink(list(100), shows, 10_000)).toEqual(needed.toSorted((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  it('stops when its tries are used up, with something that still shows it', async () => {
    let tried = 0;
    const shows = async (left: readonly number[]) => {
      tried += 1;
      return left.includes(3) && left.includes(60);
    };
    const left = await shrink(list(100), shows, 7);
    expect(tried).toBe(7);
    expect(left.length).toBeLessThan(100);
    expect(left).toEqual(expect.arrayContaining([3, 60]));
  });

  it('leaves alone what cannot be shorter', async () => {
    expect(await shrink([5], async () => true, 10)).toEqual([5]);
    expect(await shrink([1, 2, 3], async (left) => left.length === 3, 100)).toEqual([1, 2, 3]);
  });
});
