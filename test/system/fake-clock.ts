import type { EpochMs } from '../../machines/time.ts';
import type { Clock } from '../../src/supervisor/ports.ts';

/** A clock that moves only when it is told to. Alarms ring in the order of their moments. */
export const createFakeClock = (start: EpochMs = Date.UTC(2030, 0, 1)) => {
  let now = start;
  const alarms = new Set<{ at: EpochMs; run: () => void }>();
  const clock: Clock = {
    now: () => now,
    schedule(at, run) {
      const alarm = { at, run };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
  };
  const earliest = () => [...alarms].toSorted((a, b) => a.at - b.at)[0];
  return {
    ...clock,
    /** As if the machine had slept: time has passed, and nothing rang. */
    jump(ms: number): void {
      now += ms;
    },
    /** Moves on, ringing what is due on the way. Lets the event loop turn after each ring. */
    async advance(ms: number): Promise<void> {
      const end = now + ms;
      for (let alarm = earliest(); alarm !== undefined && alarm.at <= end; alarm = earliest()) {
        now = Math.max(now, alarm.at);
        alarms.delete(alarm);
        alarm.run();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = end;
    },
  };
};

export type FakeClock = ReturnType<typeof createFakeClock>;
