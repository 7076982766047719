/**
 * Preloaded into every server that is measured, the real program included: tells whoever started the process what
 * it has used so far. The servers themselves know nothing of it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export type Usage = {
  /** CPU time of the process since it began, all threads, in microseconds. */
  cpuMicros: number;
  /** Of the event loop since the last question, in milliseconds, beyond the probe's own rhythm. */
  loopDelayP99Ms: number;
};

const RESOLUTION_MS = 10;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

process.on('message', (question) => {
  if (question !== 'usage') return;
  const { user, system } = process.cpuUsage();
  const loopDelayP99Ms = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS);
  delay.reset();
  process.send?.({ cpuMicros: user + system, loopDelayP99Ms } satisfies Usage);
});
process.channel?.unref();
