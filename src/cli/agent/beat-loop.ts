import type { Dismissal } from './exit-codes.ts';
import { beatDelayMs, parseInterval, retryDelayMs } from './pace.ts';
import type { Answer } from './registry-client.ts';

export type BeatLoopOptions = {
  /** Sends one beat; must not reject. `heard` says whether the one before was accepted. */
  beat: (heard: boolean) => Promise<Answer>;
  /** Resolves after `ms`, or early when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  roll: () => number;
  log: (line: string) => void;
  /** Told the workspace's status whenever it is another one. */
  onStatus: (status: string) => void;
  /** Told with each reply that says that this agent has yet to fetch a plugin generation. */
  onPluginsPending: (generation: unknown) => void;
  minBackoffMs: number;
  maxBackoffMs: number;
  /** The least time between two beats while the workspace is paused or hibernated. */
  restingEveryMs: number;
};

/** Statuses in which a beat renews nothing; it is then only a way to hear that they are over. */
export const isResting = (status: string): boolean =>
  status === 'paused' || status === 'hibernating' || status === 'hibernated';

/**
 * Beats at once and then as often as the replies ask, until the server dismisses this agent or `signal` aborts.
 *
 * A server that is away is waited for without end, ever more slowly; only changes are logged.
 *
 * @returns why the server wants nothing more of this agent; null when `signal` ended the loop.
 */
export const runBeatLoop = async (
  options: BeatLoopOptions,
  signal: AbortSignal,
): Promise<Dismissal | null> => {
  let failures = 0;
  let heard = false;
  let problem = '';
  let status = '';
  let restartPending = false;

  const takeReply = (body: Record<string, unknown>): number => {
    if (failures > 0) options.log(`the server answers again, after ${failures} failed beat(s)`);
    failures = 0;
    heard = true;
    const intervalMs = parseInterval(body.interval_seconds);
    const said = typeof body.workspace_status === 'string' ? body.workspace_status : 'unknown';
    if (said !== status) {
      status = said;
      options.log(`the workspace is ${said}; beating every ${intervalMs / 1000} s or less often`);
      options.onStatus(said);
    }
    if (body.restart_pending === true && !restartPending) options.log('a restart is pending');
    restartPending = body.restart_pending === true;
    if (body.plugins_pending === true) options.onPluginsPending(body.plugins_generation);
    return beatDelayMs(
      isResting(said) ? Math.max(intervalMs, options.restingEveryMs) : intervalMs,
      options.roll(),
    );
  };

  const takeRefusal = (said: string, retryAfterMs: number | null): number => {
    failures += 1;
    heard = false;
    if (failures === 1 || said !== problem) options.log(`a beat failed (${said}); trying on`);
    problem = said;
    const limits = { minMs: options.minBackoffMs, maxMs: options.maxBackoffMs };
    return retryDelayMs(failures, limits, retryAfterMs, options.roll());
  };

  while (!signal.aborted) {
    const answer = await options.beat(heard);
    if (signal.aborted) break;
    if (answer.kind === 'dismissed') return answer.why;
    const delayMs =
      answer.kind === 'accepted' ? takeReply(answer.body) : takeRefusal(answer.problem, answer.retryAfterMs);
    await options.sleep(delayMs, signal);
  }
  return null;
};
