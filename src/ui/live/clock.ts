import { signal } from '@preact/signals';

const TICK_MS = 1_000;
/** Less than this between the server's clock and ours is the network, not a clock. */
const TOLERANCE_MS = 750;
const HALF_SECOND_MS = 500;

let offsetMs = 0;

/** The moment by the server's clock, since it is the server's deadlines that are counted down. */
export const serverNow = (): number => Date.now() + offsetMs;

/** The same as a signal that ticks once a second. */
export const now = signal(serverNow());

/** Takes note of what the server's clock has just shown, to the millisecond. */
export const syncClock = (serverMoment: string): void => adopt(Date.parse(serverMoment), TOLERANCE_MS);

/** The same by the `Date` of an answer, which knows seconds only. */
export const syncClockBySecond = (date: string | null): void => {
  if (date !== null) adopt(Date.parse(date) + HALF_SECOND_MS, TOLERANCE_MS + HALF_SECOND_MS);
};

const adopt = (serverMs: number, toleranceMs: number): void => {
  const measured = serverMs - Date.now();
  if (Number.isNaN(measured) || Math.abs(measured - offsetMs) < toleranceMs) return;
  offsetMs = measured;
  now.value = serverNow();
};

setInterval(() => {
  now.value = serverNow();
}, TICK_MS);
