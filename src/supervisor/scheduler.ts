import TinyQueue from 'tinyqueue';
import type { DurationMs, EpochMs } from '../../machines/time.ts';
import type { Clock } from './ports.ts';

/** Something that is to happen at a moment. Hold on to it to arm it again or to disarm it. */
export type Alarm = {
  /** When it rings; null while it is not armed. Read only: use the scheduler. */
  at: EpochMs | null;
  readonly ring: () => void;
};

export const createAlarm = (ring: () => void): Alarm => ({ at: null, ring });

/** So many alarms ring in one turn of the event loop; the others wait for the next, so that beats get in between. */
const RINGS_PER_TURN = 500;

/** So late, and something held us up: the event loop, a suspended machine, or a clock that was set. */
const LATE_MS = 5_000;

type Reports = {
  onFault: (error: unknown) => void;
  /** Told before anything rings that was due so long ago. */
  onLate: (lateMs: DurationMs) => void;
  /** Told when the clock was set back by so much: what is armed lies that much farther ahead. */
  onSetBack: (byMs: DurationMs) => void;
};

/**
 * Rings any number of alarms with a single timer.
 *
 * A heap with lazy deletion: arming is O(log n), disarming O(1). An alarm that was armed again or disarmed leaves a
 * stale entry, dropped when it comes up. An alarm that throws is reported to `onFault` and stops no other.
 */
export const createScheduler = (clock: Clock, { onFault, onLate, onSetBack }: Reports) => {
  const queue = new TinyQueue<{ at: EpochMs; alarm: Alarm }>([], (a, b) => a.at - b.at);
  /** `dueAt` is later than `at` when an alarm was armed for a moment that had passed. */
  let timer: { at: EpochMs; dueAt: EpochMs; woundAt: EpochMs; cancel: () => void } | null = null;
  let closed = false;

  const ringDue = () => {
    const lateMs = clock.now() - (timer?.dueAt ?? clock.now());
    timer = null;
    if (lateMs > LATE_MS) onLate(lateMs);
    if (lateMs < -LATE_MS) onSetBack(-lateMs);
    const now = clock.now();
    for (let rung = 0; rung < RINGS_PER_TURN; ) {
      const next = queue.peek();
      if (next === undefined || next.at > now) break;
      queue.pop();
      if (next.alarm.at !== next.at) continue;
      next.alarm.at = null;
      rung += 1;
      try {
        next.alarm.ring();
      } catch (error) {
        onFault(error);
      }
    }
    wind();
  };

  const wind = () => {
    const next = queue.peek();
    if (closed || next === undefined || (timer !== null && timer.at <= next.at)) return;
    const now = clock.now();
    // The timer that gives way would have told of it.
    const setBackMs = (timer?.woundAt ?? now) - now;
    timer?.cancel();
    const dueAt = Math.max(next.at, now);
    timer = { at: next.at, dueAt, woundAt: now, cancel: clock.schedule(next.at, ringDue) };
    if (setBackMs > LATE_MS) onSetBack(setBackMs);
  };

  return {
    /** Arms an alarm, or moves it. */
    arm(alarm: Alarm, at: EpochMs): void {
      if (alarm.at === at) return;
      alarm.at = at;
      queue.push({ at, alarm });
      wind();
    },
    disarm(alarm: Alarm): void {
      alarm.at = null;
    },
    /** Rings nothing any more. */
    close(): void {
      closed = true;
      timer?.cancel();
    },
  };
};

export type Scheduler = ReturnType<typeof createScheduler>;
