import { setTimeout as delay } from 'node:timers/promises';
import type { AgentOptions } from './agent-options.ts';
import { AGENT_EXIT } from './exit-codes.ts';
import { retryDelayMs } from './pace.ts';
import { createRelay } from './relay.ts';
import { createRequester } from './requester.ts';
import { runAgent } from './run-agent.ts';
import { openTokenSource } from './token-source.ts';

/** One of the agents behind a relay. `token` and `tokenFile` are its own, and for its plugins only. */
export type RelayedAgent = Pick<
  AgentOptions,
  'workspaceId' | 'command' | 'env' | 'tokenFile' | 'pluginsDir' | 'healthUrl' | 'healthCommand'
>;

export type RelayOptions = {
  url: string;
  /** The relay's own. Read again from `tokenFile` after a 401. */
  token: string | undefined;
  tokenFile: string | undefined;
  agents: readonly RelayedAgent[];
  pluginsEveryMs: number;
  log: (line: string) => void;
};

const LIMITS = { minMs: 1_000, maxMs: 30_000 };
/** A command that ran for so long did start: what ended it is another story. */
const RAN_MS = 60_000;
const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** The server wants no more of such an agent. */
const DISMISSED: readonly number[] = [AGENT_EXIT.replaced, AGENT_EXIT.removed, AGENT_EXIT.unknown];

/**
 * Runs many commands, and beats for all of them in one request.
 *
 * Whoever ends by itself is started again, ever more slowly; whoever the server wants no more is stopped, and none
 * else. Ends once all have ended, or when it is asked to: then they are asked too, and waited for.
 *
 * @returns the highest exit code of those who ended for good
 */
export const runRelay = async (options: RelayOptions): Promise<number> => {
  const { url, agents, log } = options;
  const over = new AbortController();
  const end = () => over.abort();
  // Each command hears of signals by listeners of its own.
  process.setMaxListeners(0);
  for (const signal of ENDING) process.on(signal, end);
  process.stderr.on('error', () => {});

  const tokens = await openTokenSource({ token: options.token, file: options.tokenFile ?? '', log });
  const relay = createRelay({
    request: createRequester({ url, tokens, fetch }),
    timeoutMs: 10_000,
    limits: LIMITS,
    roll: Math.random,
    clock: () => performance.now(),
    log,
  });

  const run = async (agent: RelayedAgent): Promise<number> => {
    const say = (line: string) => log(`${agent.workspaceId}: ${line}`);
    for (let failures = 1; ; ) {
      const startedAt = performance.now();
      const { exitCode } = await runAgent({
        ...agent,
        url,
        relay,
        pluginsEveryMs: options.pluginsEveryMs,
        log: say,
      });
      if (over.signal.aborted || DISMISSED.includes(exitCode)) return exitCode;
      if (performance.now() - startedAt > RAN_MS) failures = 1;
      const waitMs = retryDelayMs(failures, LIMITS, null, Math.random());
      say(`the command ended with ${exitCode}; starting it again in ${Math.round(waitMs / 1_000)} s`);
      failures += 1;
      await delay(waitMs, undefined, { signal: over.signal }).catch(() => null);
      if (over.signal.aborted) return exitCode;
    }
  };
  const codes = await Promise.all(agents.map(run));
  for (const signal of ENDING) process.off(signal, end);
  return Math.max(...codes);
};
