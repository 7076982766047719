import { retryDelayMs } from './pace.ts';
import type { Pulled } from './pull-plugins.ts';

export type PullLoopOptions = {
  /** Pulls once, told what the last pull came to; must not reject. */
  pull: (last: Pulled | null, signal: AbortSignal) => Promise<Pulled>;
  /** Starts the command again, because a change asks for it; null when that is switched off. */
  restart: (() => Promise<void>) | null;
  /** Resolves after `ms`, or early when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  roll: () => number;
  log: (line: string) => void;
  /** Between two looks at what is in place. */
  everyMs: number;
  minBackoffMs: number;
  maxBackoffMs: number;
};

export type PullLoop = {
  /** Pulls at once, then whenever it is told to and every so often, until `signal` aborts or nothing is to be done here. */
  run(signal: AbortSignal): Promise<void>;
  /** The server says that `generation` is not in place here. What has just failed waits for its next try all the same. */
  hear(generation: unknown): void;
};

/** Decides when plugins are pulled. */
export const createPullLoop = (options: PullLoopOptions): PullLoop => {
  const { pull, restart, sleep, roll, log, everyMs, minBackoffMs, maxBackoffMs } = options;
  let last: Pulled | null = null;
  let failures = 0;
  let said: string | null = null;
  let isAsked = false;
  let heard: unknown = null;
  let nap = new AbortController();

  const tell = ({ kind, changed, restartDue, problem, generation }: Pulled): void => {
    if (changed.length > 0) {
      const note = restartDue && restart === null ? '; restart the command to load them' : '';
      log(`plugins changed: ${changed.join(', ')}${note}`);
    }
    if (kind === 'ours') log('the server installs the plugins of this workspace itself');
    if (problem !== null && problem !== said) log(`plugins are not all in place (${problem}); trying on`);
    if (kind === 'complete' && (said !== null || changed.length > 0))
      log(`plugin generation ${generation} is in place`);
    said = problem;
  };

  const once = async (signal: AbortSignal): Promise<Pulled> => {
    isAsked = false;
    last = await pull(last, signal);
    if (signal.aborted) return last;
    tell(last);
    failures = last.kind === 'complete' ? 0 : failures + 1;
    if (last.restartDue && restart !== null) await restart();
    return last;
  };

  const pauseMs = (): number =>
    failures === 0
      ? everyMs * (0.9 + 0.2 * roll())
      : retryDelayMs(failures, { minMs: minBackoffMs, maxMs: maxBackoffMs }, null, roll());

  return {
    hear(generation) {
      // After a try that failed, only another generation is news.
      const isKnown = generation === last?.generation || generation === heard;
      if (last?.kind !== 'complete' && isKnown) return;
      heard = generation;
      isAsked = true;
      nap.abort();
    },

    async run(signal) {
      while (!signal.aborted) {
        if ((await once(signal)).kind === 'ours') return;
        if (isAsked || signal.aborted) continue;
        nap = new AbortController();
        await sleep(pauseMs(), AbortSignal.any([signal, nap.signal]));
      }
    },
  };
};
