import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryClock } from '../../../src/testing/memory/memory-clock.ts';

const START = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;

const ringing = (clock: ReturnType<typeof createMemoryClock>) => {
  const rung: [string, number][] = [];
  const arm = (name: string, inMs: number) =>
    clock.schedule(clock.now() + inMs, () => rung.push([name, clock.elapsed()]));
  return { rung, arm };
};

describe('a clock of memory', () => {
  it('stands still until it is told how much time passes', () => {
    const clock = createMemoryClock();
    expect([clock.now(), clock.elapsed(), clock.untilNext()]).toEqual([START, 0, null]);
    clock.stall(5);
    expect([clock.now(), clock.elapsed()]).toEqual([START + 5, 5]);
  });

  it('rings in the order of moments, and of arming where they are equal, each at its moment', async () => {
    const clock = createMemoryClock();
    const { rung, arm } = ringing(clock);
    arm('late', 30);
    arm('first', 10);
    arm('second', 10);
    arm('past', -10);
    arm('never', 31);
    await clock.advance(30);
    expect(rung).toEqual([
      ['past', 0],
      ['first', 10],
      ['second', 10],
      ['late', 30],
    ]);
    expect([clock.elapsed(), clock.untilNext(), clock.armed()]).toEqual([30, 1, 1]);
  });

  it('rings what was armed on the way, and nothing that was cancelled', async () => {
    const clock = createMemoryClock();
    const { rung, arm } = ringing(clock);
    const cancel = arm('cancelled', 20);
    clock.schedule(clock.now() + 10, () => {
      cancel();
      arm('on the way', 5);
    });
    await clock.advance(100);
    cancel();
    expect(rung).toEqual([['on the way', 15]]);
    expect(clock.elapsed()).toBe(100);
  });

  it('lets everything that waits for an alarm happen before the next one rings', async () => {
    const clock = createMemoryClock();
    const order: string[] = [];
    const work = async () => {
      for (let step = 0; step < 5; step += 1) await Promise.resolve();
      order.push('after the first');
    };
    clock.schedule(clock.now() + 1, () => void work());
    clock.schedule(clock.now() + 1, () => order.push('second'));
    await clock.advance(1);
    expect(order).toEqual(['after the first', 'second']);
  });

  it('rings nothing while it is held up, and then everything that fell due', () => {
    const clock = createMemoryClock();
    const { rung, arm } = ringing(clock);
    arm('a', 10);
    arm('b', 20);
    clock.stall(60_000);
    expect(rung).toEqual([]);
    expect(clock.untilNext()).toBe(0);
    while (clock.ringNext(0));
    expect(rung).toEqual([
      ['a', 60_000],
      ['b', 60_000],
    ]);
  });

  it.each([HOUR, -HOUR])('keeps the lengths of its alarms when somebody sets it by %d ms', async (byMs) => {
    const clock = createMemoryClock();
    const { rung, arm } = ringing(clock);
    arm('before', 100);
    clock.setWall(byMs);
    expect([clock.now(), clock.elapsed()]).toEqual([START + byMs, 0]);
    arm('after', 50);
    await clock.advance(100);
    expect(rung).toEqual([
      ['after', 50],
      ['before', 100],
    ]);
    expect(clock.now()).toBe(START + byMs + 100);
  });

  it('drops the alarms of a life when it ends, and takes no more of it', async () => {
    const clock = createMemoryClock();
    const { rung, arm } = ringing(clock);
    const life = clock.forLife();
    life.clock.schedule(clock.now() + 1, () => rung.push(['of the dead', 1]));
    arm('of the world', 2);
    life.end();
    life.clock.schedule(clock.now() + 1, () => rung.push(['of the dead', 1]));
    expect(clock.armed()).toBe(1);
    await clock.advance(10);
    expect(rung).toEqual([['of the world', 2]]);
  });

  it('never rings before its moment, however crooked the moments are', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { maxLength: 50 }), (lengths) => {
        const clock = createMemoryClock();
        let last = 0;
        for (const length of lengths) {
          const at = clock.now() + length;
          clock.schedule(at, () => {
            expect(clock.now()).toBeGreaterThanOrEqual(at);
            expect(clock.elapsed()).toBeGreaterThanOrEqual(last);
            last = clock.elapsed();
          });
        }
        while (clock.ringNext());
        expect(clock.armed()).toBe(0);
      }),
    );
  });

  it('holds a million alarms, most of which are cancelled', () => {
    const clock = createMemoryClock();
    let rung = 0;
    for (let index = 0; index < 1_000_000; index += 1) {
      const cancel = clock.schedule(clock.now() + ((index * 7_919) % 1_000_003), () => (rung += 1));
      if (index % 10 !== 0) cancel();
    }
    expect(clock.armed()).toBe(100_000);
    while (clock.ringNext());
    expect(rung).toBe(100_000);
  });
});
