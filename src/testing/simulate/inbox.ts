import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import type { Clock } from '../../supervisor/ports.ts';
import type { Timeline } from './timeline.ts';

/**
 * The event loop of one life of a supervisor: what is for it comes through here, in time, late or never.
 *
 * While the loop stands still nothing gets in. Afterwards what was due rings first, then what arrived is read, as
 * Node does it: nobody's beat is read before the lease that it would have renewed is looked at.
 */
export type Inbox = {
  clock: Clock;
  /** Something arrives for whoever lives then. */
  deliver(run: () => void): void;
  stall(forMs: DurationMs): void;
  isStalled(): boolean;
  /** Resolves when the loop goes on. */
  untilMoving(): Promise<void>;
  /** Ends the life: nothing of it ever happens again. */
  end(): void;
};

export const createInbox = (timeline: Timeline, wall: () => EpochMs, turn: () => Promise<void>): Inbox => {
  let over = false;
  let stalledUntil: EpochMs = 0;
  const due: (() => void)[] = [];
  const arrived: (() => void)[] = [];
  const isStalled = () => stalledUntil > timeline.now();

  const ring = (run: () => void): void => {
    if (over) return;
    if (isStalled()) due.push(run);
    else run();
  };

  /** One at a time, so that what each leads to happens before the next. */
  const goOn = (): void => {
    if (over || isStalled()) return;
    const next = due.shift() ?? arrived.shift();
    if (next === undefined) return;
    next();
    timeline.after(0, goOn);
  };

  return {
    clock: {
      now: wall,
      schedule(at, run) {
        let cancelled = false;
        const cancel = timeline.after(Math.max(0, at - wall()), () =>
          ring(() => {
            if (!cancelled) run();
          }),
        );
        return () => {
          cancelled = true;
          cancel();
        };
      },
      yield: turn,
    },
    deliver(run) {
      if (over) return;
      if (isStalled() || arrived.length > 0) arrived.push(run);
      else run();
    },
    isStalled,
    untilMoving: () => new Promise((resolve) => void arrived.push(resolve)),
    stall(forMs) {
      stalledUntil = Math.max(stalledUntil, timeline.now() + forMs);
      timeline.at(stalledUntil, goOn);
    },
    end() {
      over = true;
      due.length = 0;
      arrived.length = 0;
    },
  };
};
