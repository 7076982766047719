import type { HealthWindow } from './health-window.ts';

/** Looks once at the agent: null when all is well, else what is not. */
export type Probe = (signal: AbortSignal) => Promise<string | null>;

/**
 * Probes every `everyMs` until `signal` aborts; pauses while `isResting()`.
 *
 * Failures within `graceMs` of the first look count only once a probe has succeeded: an agent that is still
 * starting is not a failing one.
 */
export const runProbeLoop = async (
  options: {
    probe: Probe;
    window: HealthWindow;
    everyMs: number;
    graceMs: number;
    isResting: () => boolean;
    clock: () => number;
    sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  },
  signal: AbortSignal,
): Promise<void> => {
  const countsFrom = options.clock() + options.graceMs;
  let wasWell = false;
  while (!signal.aborted) {
    if (!options.isResting()) {
      const failure = await options.probe(signal).catch(() => 'health check cannot run');
      if (signal.aborted) return;
      wasWell ||= failure === null;
      if (wasWell || options.clock() >= countsFrom) options.window.record(failure);
    }
    await options.sleep(options.everyMs, signal);
  }
};
