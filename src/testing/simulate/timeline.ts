import TinyQueue from 'tinyqueue';
import type { DurationMs, EpochMs } from '../../../machines/time.ts';

type Happening = { at: EpochMs; order: number; run: () => void; cancelled: boolean };

/** The one true time of a simulated world. It never goes back; wall clocks that are wrong are somebody else's. */
export type Timeline = {
  now(): EpochMs;
  /** Runs something once, at `at` or, when that has passed, next. Returns what cancels it. */
  at(at: EpochMs, run: () => void): () => void;
  after(ms: DurationMs, run: () => void): () => void;
  /** When something happens next; null when nothing ever does. */
  next(): EpochMs | null;
  /** Moves to the next happening and runs it. */
  step(): void;
  /** Moves on where nothing happens before. */
  moveTo(at: EpochMs): void;
};

/** Things of the same moment happen in the order in which they were told. */
export const createTimeline = (start: EpochMs): Timeline => {
  const queue = new TinyQueue<Happening>([], (a, b) => a.at - b.at || a.order - b.order);
  let now = start;
  let order = 0;
  const at: Timeline['at'] = (moment, run) => {
    order += 1;
    const happening = { at: Math.max(now, moment), order, run, cancelled: false };
    queue.push(happening);
    return () => {
      happening.cancelled = true;
    };
  };
  const drop = (): Happening | undefined => {
    while (queue.peek()?.cancelled === true) queue.pop();
    return queue.peek();
  };
  return {
    now: () => now,
    at,
    after: (ms, run) => at(now + ms, run),
    next: () => drop()?.at ?? null,
    step() {
      if (drop() === undefined) return;
      const { at: moment, run } = queue.pop() as Happening;
      now = moment;
      run();
    },
    moveTo(moment) {
      now = Math.max(now, moment);
    },
  };
};
