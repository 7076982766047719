import TinyQueue from 'tinyqueue';
import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import type { Clock } from '../../supervisor/ports.ts';
import { nextTurn } from './next-turn.ts';

export type MemoryClock = Clock & {
  /** Time that has passed since the clock was made; unlike `now`, nobody can set it. */
  elapsed(): DurationMs;
  /** How much time has to pass until the next alarm is due, 0 when one is; null when there is none. */
  untilNext(): DurationMs | null;
  /** Lets time pass up to the next alarm, but no more than `withinMs`, and rings it. False: nothing was due, all of it passed. */
  ringNext(withinMs?: DurationMs): boolean;
  /** Lets time pass and rings what falls due on the way, with a turn of the event loop after each ring. */
  advance(ms: DurationMs): Promise<void>;
  /** Time passes and nothing rings, as while the event loop is blocked. What fell due rings next. */
  stall(ms: DurationMs): void;
  /** Somebody sets the clock, or the machine was suspended: `now` moves by `ms`, either way, and no alarm comes nearer. */
  setWall(byMs: DurationMs): void;
  /** Alarms that are armed. */
  armed(): number;
  /** The same time for one life: when it ends, all its alarms are gone. */
  forLife(): { clock: Clock; end(): void };
};

export type MemoryClockOptions = {
  /** What `now` says first. Default: the beginning of 2030. */
  start?: EpochMs;
  /** Gives everything else its turn. Default: a turn of the event loop. */
  turn?: () => Promise<void>;
};

type Alarm = { due: DurationMs; order: number; run: (() => void) | null; owner: { over: boolean } };

/** So few stale alarms are not worth clearing away. */
const FEW = 1_024;

/**
 * A clock that moves only when it is told to. Alarms ring in the order of their moments, and of arming.
 *
 * As on a real machine, an alarm is armed for a length of time: it waits that long whatever is done to the wall clock
 * meanwhile. A heap with lazy deletion: arming is O(log n), cancelling O(1), and stale alarms never outnumber the
 * others, so millions are fine.
 */
export const createMemoryClock = ({
  start = Date.UTC(2030, 0, 1),
  turn = nextTurn,
}: MemoryClockOptions = {}): MemoryClock => {
  let elapsed = 0;
  let wall = start;
  let order = 0;
  let stale = 0;
  let queue = new TinyQueue<Alarm>([], earlier);
  const everybody = { over: false };

  const scheduleFor =
    (owner: Alarm['owner']): Clock['schedule'] =>
    (at, run) => {
      if (owner.over) return () => undefined;
      const alarm: Alarm = { due: Math.max(elapsed, at - wall), order: (order += 1), run, owner };
      queue.push(alarm);
      return () => {
        if (alarm.run === null) return;
        alarm.run = null;
        stale += 1;
        tidy();
      };
    };

  const tidy = (): void => {
    if (stale < FEW || stale * 2 < queue.length) return;
    queue = new TinyQueue(queue.data.filter(isArmed), earlier);
    stale = 0;
  };

  const peek = (): Alarm | undefined => {
    for (;;) {
      const alarm = queue.peek();
      if (alarm === undefined || isArmed(alarm)) return alarm;
      queue.pop();
      stale = Math.max(0, stale - 1);
    }
  };

  const now = (): EpochMs => wall + elapsed;

  const ringNext = (withinMs: DurationMs = Number.POSITIVE_INFINITY): boolean => {
    const alarm = peek();
    if (alarm === undefined || alarm.due > elapsed + withinMs) {
      if (withinMs !== Number.POSITIVE_INFINITY) elapsed += withinMs;
      return false;
    }
    queue.pop();
    elapsed = Math.max(elapsed, alarm.due);
    const { run } = alarm;
    alarm.run = null;
    run?.();
    return true;
  };

  return {
    now,
    elapsed: () => elapsed,
    schedule: scheduleFor(everybody),
    yield: turn,
    untilNext: () => {
      const alarm = peek();
      return alarm === undefined ? null : Math.max(0, alarm.due - elapsed);
    },
    ringNext,
    async advance(ms) {
      const end = elapsed + ms;
      while (ringNext(Math.max(0, end - elapsed))) await turn();
    },
    stall: (ms) => {
      elapsed += ms;
    },
    setWall: (byMs) => {
      wall += byMs;
    },
    armed: () => queue.data.filter(isArmed).length,
    forLife: () => {
      const owner = { over: false };
      return {
        clock: { now, schedule: scheduleFor(owner), yield: turn },
        end: () => {
          owner.over = true;
          queue = new TinyQueue(queue.data.filter(isArmed), earlier);
          stale = 0;
        },
      };
    },
  };
};

const isArmed = ({ run, owner }: Alarm): boolean => run !== null && !owner.over;

const earlier = (a: Alarm, b: Alarm): number => a.due - b.due || a.order - b.order;
