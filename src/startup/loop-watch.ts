import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const WINDOW_MS = 60_000;

/** Measures how late the event loop is, over the current minute. Keeps no process alive. */
export const openLoopWatch = () => {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let since = performance.now();
  const renew = setInterval(() => {
    histogram.reset();
    since = performance.now();
  }, WINDOW_MS);
  renew.unref();
  // Without a sample there is no delay; each sample holds the wait itself.
  const late = (nanoseconds: number): number =>
    histogram.count === 0 ? 0 : Math.max(0, Math.round(nanoseconds / 1e4 - RESOLUTION_MS * 100) / 100);
  return {
    view: () => ({
      p50Ms: late(histogram.percentile(50)),
      p99Ms: late(histogram.percentile(99)),
      maxMs: late(histogram.max),
      windowMs: Math.round(performance.now() - since),
    }),
    close(): void {
      histogram.disable();
      clearInterval(renew);
    },
  };
};
