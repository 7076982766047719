import type { Clock } from './ports.ts';

/** The longest delay that Node's timers keep; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's wall clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(at, run) {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const delayMs = Math.max(0, at - Date.now());
      timer = setTimeout(delayMs > LONGEST_TIMER_MS ? wait : run, Math.min(delayMs, LONGEST_TIMER_MS));
      timer.unref();
    };
    wait();
    return () => clearTimeout(timer);
  },
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};
