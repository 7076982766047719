import type { HealthWindow } from './health-window.ts';

/** Looks once at the agent: null when all is well, else what is not. */
export type Probe = (signal: AbortSignal) => Promise<string | null>;

/**
 * Probes every `everyMs` until `signal` aborts; pauses while `isResting()`.
 *
 * Failures within `graceMs` of the agent's start count only once a probe has succeeded: an agent that is still
 * starting is not a failing one.
 */
export const runProbeLoop = async (
  options: {
    probe: Probe;
    window: HealthWindow;
    everyMs: number;
    graceMs: number;
    /** When the agent was started last, by `clock`; the first look otherwise. */
    startedAt?: () => number;
    isResting: () => boolean;
    clock: () => number;
    sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  },
  signal: AbortSignal,
): Promise<void> => {
  const beganAt = options.clock();
  let startedAt = beganAt;
  let wasWell = false;
  while (!signal.aborted) {
    const start = options.startedAt?.() ?? beganAt;
    if (start !== startedAt) wasWell = false;
    startedAt = start;
    if (!options.isResting()) {
      const failure = await options.probe(signal).catch(() => 'health check cannot run');
      if (signal.aborted) return;
      wasWell ||= failure === null;
      const counts = wasWell || options.clock() >= startedAt + options.graceMs;
      // What began to rest meanwhile did not fail.
      if (counts && !options.isResting()) options.window.record(failure);
    }
    await options.sleep(options.everyMs, signal);
  }
};
