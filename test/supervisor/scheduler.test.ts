import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/supervisor/clock.ts';
import { createAlarm, createScheduler } from '../../src/supervisor/scheduler.ts';
import { createMemoryClock } from '../../src/testing/memory/memory-clock.ts';

const setUp = () => {
  const clock = createMemoryClock({ start: 0 });
  const faults: unknown[] = [];
  const rung: string[] = [];
  const lateBy: number[] = [];
  const setBackBy: number[] = [];
  const scheduler = createScheduler(clock, {
    onFault: (error) => faults.push(error),
    onLate: (lateMs) => lateBy.push(lateMs),
    onSetBack: (byMs) => setBackBy.push(byMs),
  });
  const alarm = (name: string) => createAlarm(() => rung.push(name));
  return { clock, scheduler, rung, faults, lateBy, setBackBy, alarm };
};

describe('the scheduler', () => {
  it('rings alarms in the order of their moments, none early', async () => {
    const { clock, scheduler, rung, alarm } = setUp();
    scheduler.arm(alarm('late'), 300);
    scheduler.arm(alarm('early'), 100);
    await clock.advance(99);
    expect(rung).toEqual([]);
    await clock.advance(1000);
    expect(rung).toEqual(['early', 'late']);
  });

  it('rings an alarm that was moved once, at its last moment', async () => {
    const { clock, scheduler, rung, alarm } = setUp();
    const moved = alarm('moved');
    scheduler.arm(moved, 100);
    scheduler.arm(moved, 200);
    scheduler.arm(moved, 100);
    await clock.advance(150);
    expect(rung).toEqual(['moved']);
    await clock.advance(1000);
    expect(rung).toEqual(['moved']);
  });

  it('rings an alarm that was put off at its last moment, and not before', async () => {
    const { clock, scheduler, rung, alarm } = setUp();
    const putOff = alarm('put off');
    scheduler.arm(putOff, 100);
    scheduler.arm(putOff, 200);
    await clock.advance(199);
    expect(rung).toEqual([]);
    await clock.advance(1);
    expect(rung).toEqual(['put off']);
  });

  it('rings an alarm in time that is armed after a later one', async () => {
    const { clock, scheduler, rung, alarm } = setUp();
    scheduler.arm(alarm('late'), 300);
    scheduler.arm(alarm('early'), 100);
    await clock.advance(100);
    expect(rung).toEqual(['early']);
  });

  it('does not ring what was disarmed, and rings it when it is armed again for the same moment', async () => {
    const { clock, scheduler, rung, alarm } = setUp();
    const one = alarm('one');
    scheduler.arm(one, 100);
    scheduler.disarm(one);
    await clock.advance(50);
    scheduler.arm(one, 100);
    await clock.advance(100);
    expect(rung).toEqual(['one']);
  });

  it('goes on when an alarm throws', async () => {
    const { clock, scheduler, rung, faults, alarm } = setUp();
    scheduler.arm(
      createAlarm(() => {
        throw new Error('broken');
      }),
      100,
    );
    scheduler.arm(alarm('next'), 100);
    await clock.advance(100);
    expect(rung).toEqual(['next']);
    expect(faults).toEqual([new Error('broken')]);
  });

  it('says so before it rings anything, when it was held up', async () => {
    const { clock, scheduler, lateBy } = setUp();
    let told = false;
    scheduler.arm(
      createAlarm(() => (told = lateBy.length > 0)),
      100,
    );
    clock.stall(60_100);
    await clock.advance(0);
    expect(lateBy).toEqual([60_000]);
    expect(told).toBe(true);
  });

  it('says so when the clock was set back, as soon as something rings', async () => {
    const { clock, scheduler, lateBy, setBackBy, alarm } = setUp();
    scheduler.arm(alarm('one'), 10_000);
    clock.setWall(-3_600_000);
    await clock.advance(9_999);
    expect(setBackBy).toEqual([]);
    await clock.advance(1);
    expect(setBackBy).toEqual([3_600_000]);
    await clock.advance(3_600_000);
    expect([lateBy, setBackBy]).toEqual([[], [3_600_000]]);
  });

  it('says so when the clock was set back, also where another alarm is armed before something rings', async () => {
    const { clock, scheduler, rung, setBackBy, alarm } = setUp();
    scheduler.arm(alarm('one'), 10_000);
    await clock.advance(1_000);
    clock.setWall(-3_600_000);
    scheduler.arm(alarm('two'), clock.now() + 500);
    expect(setBackBy).toEqual([3_599_000]);
    await clock.advance(500);
    expect(rung).toEqual(['two']);
    await clock.advance(3_610_000);
    expect([rung, setBackBy]).toEqual([['two', 'one'], [3_599_000]]);
  });

  it('does not take a moment that had passed already for a delay of its own', async () => {
    const { clock, scheduler, rung, lateBy, alarm } = setUp();
    await clock.advance(60_000);
    scheduler.arm(alarm('overdue'), 100);
    await clock.advance(0);
    expect(rung).toEqual(['overdue']);
    expect(lateBy).toEqual([]);
  });

  it('lets an alarm arm itself again', async () => {
    const { clock, scheduler } = setUp();
    let ticks = 0;
    const tick = createAlarm(() => {
      ticks += 1;
      scheduler.arm(tick, clock.now() + 10);
    });
    scheduler.arm(tick, 10);
    await clock.advance(100);
    expect(ticks).toBe(10);
  });

  it('rings all of a hundred thousand that are due at once, but not in one turn', async () => {
    const { clock, scheduler, rung, alarm } = setUp();
    for (let index = 0; index < 100_000; index += 1) scheduler.arm(alarm(''), 100);
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    await clock.advance(100);
    clearInterval(counting);
    expect(rung).toHaveLength(100_000);
    expect(turns).toBeGreaterThan(1);
  });

  it('rings what is armed and nothing else, whatever the order of arming and disarming', async () => {
    const step = fc.record({
      alarm: fc.nat(4),
      at: fc.option(fc.integer({ min: 1, max: 50 }), { nil: null }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, scheduler, rung, alarm } = setUp();
        const alarms = [0, 1, 2, 3, 4].map((index) => alarm(String(index)));
        const armed = new Map<number, number>();
        for (const { alarm: index, at } of steps) {
          const one = alarms[index];
          if (one === undefined) continue;
          if (at === null) {
            scheduler.disarm(one);
            armed.delete(index);
          } else {
            scheduler.arm(one, at);
            armed.set(index, at);
          }
        }
        await clock.advance(100);
        expect(rung.toSorted()).toEqual([...armed.keys()].map(String).toSorted());
      }),
      { numRuns: 60 },
    );
  });
});

describe('the system clock', () => {
  it('does not take a wait of months for no wait at all', async () => {
    let rung = false;
    const cancel = systemClock.schedule(Date.now() + 60 * 24 * 3600 * 1000, () => (rung = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    cancel();
    expect(rung).toBe(false);
  });
});
