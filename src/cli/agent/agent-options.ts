import type { RegistryClient } from './registry-client.ts';

/** All lengths in milliseconds. */
export type AgentOptions = {
  /** Address of the server, e.g. `http://127.0.0.1:7420`. Without user or password. */
  url: string;
  workspaceId: string;
  /** Program and arguments. */
  command: readonly string[];
  /** Used until the server refuses it; then, and when absent, the token is read from `tokenFile`. */
  token?: string | undefined;
  /** Read again after a 401; a token got by registering is written here. Default `/configs/.auth_token`. */
  tokenFile?: string | undefined;
  /** Register before the first beat; where the agent can be reached, and what it says of itself. */
  register?: { url?: string | undefined; agentCard?: unknown } | undefined;
  /** Where the plugins are put that the server wants this agent to have. Without it none are fetched. */
  pluginsDir?: string | undefined;
  /** Starts the command again when a change of plugins asks for it. Default true. */
  restartForPlugins?: boolean | undefined;
  /** Between two looks at what is in `pluginsDir`. Default 120 000. */
  pluginsEveryMs?: number | undefined;
  /** Between two tries of plugins that could not be had. Default 1 000. */
  pluginsMinBackoffMs?: number | undefined;
  /** Default 300 000. */
  pluginsMaxBackoffMs?: number | undefined;
  /** Sent with each beat, so that the server can refuse a predecessor that found its successor's token. */
  incarnation?: number | undefined;
  /** Healthy while this answers 2xx within 2 s. Not together with `healthCommand`. */
  healthUrl?: string | undefined;
  /** Healthy while this shell command exits 0 within 5 s. */
  healthCommand?: string | undefined;
  /** Default 10 000. */
  healthEveryMs?: number | undefined;
  /** Time from the start in which a check that never succeeded may fail. Default 30 000. */
  healthGraceMs?: number | undefined;
  /** How long one request may take. Default 5 000. */
  beatTimeoutMs?: number | undefined;
  /** Between two tries while the server is away. Default 1 000. */
  minBackoffMs?: number | undefined;
  /** Default 30 000. */
  maxBackoffMs?: number | undefined;
  /** The least time between two beats while paused or hibernated. Default 60 000. */
  restingEveryMs?: number | undefined;
  /** Between SIGTERM and SIGKILL when the server dismissed this agent, or plugins ask for a restart. Default 10 000. */
  stopGraceMs?: number | undefined;
  /** Hands on the beats of this agent together with those of others, and keeps the pace for all of them. */
  relay?: Pick<RegistryClient, 'beat'> | undefined;
  /** Of the command. Default: our own. */
  env?: Record<string, string> | undefined;
  /** One line, without line end. Default: standard error, after `keepwell agent: `. */
  log?: ((line: string) => void) | undefined;
  fetch?: typeof fetch | undefined;
  /** Monotonic milliseconds. */
  clock?: (() => number) | undefined;
  /** Resolves after `ms`, or early when the signal aborts. */
  sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Uniform in [0, 1). */
  roll?: (() => number) | undefined;
};

/** @throws {TypeError} for an empty command, a bad address, or two health checks */
export const checkOptions = ({ url, command, healthUrl, healthCommand }: AgentOptions): void => {
  if (!command[0]) throw new TypeError('The command is empty.');
  if (healthUrl !== undefined && healthCommand !== undefined) {
    throw new TypeError('Give a health address or a health command, not both.');
  }
  for (const address of [url, ...(healthUrl === undefined ? [] : [healthUrl])]) {
    const parsed = URL.canParse(address) ? new URL(address) : null;
    if (!parsed || !/^https?:$/.test(parsed.protocol))
      throw new TypeError('The address is not an http(s) URL.');
    if (parsed.username || parsed.password)
      throw new TypeError('The address must not carry user or password.');
  }
};
