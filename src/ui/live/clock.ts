import { signal } from '@preact/signals';

const TICK_MS = 1_000;
/** Less than this between the server's clock and ours is the network, not a clock. */
const TOLERANCE_MS = 750;

let offsetMs = 0;

/** The moment by the server's clock, since it is the server's deadlines that are counted down. */
export const serverNow = (): number => Date.now() + offsetMs;

/** The same as a signal that ticks once a second. */
export const now = signal(serverNow());

/** Takes note of a moment that the server has just told. */
export const syncClock = (serverMoment: string): void => {
  const measured = Date.parse(serverMoment) - Date.now();
  if (Number.isNaN(measured) || Math.abs(measured - offsetMs) < TOLERANCE_MS) return;
  offsetMs = measured;
  now.value = serverNow();
};

setInterval(() => {
  now.value = serverNow();
}, TICK_MS);
