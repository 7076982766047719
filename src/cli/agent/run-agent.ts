import { setTimeout as delay } from 'node:timers/promises';
import { type AgentOptions, checkOptions } from './agent-options.ts';
import { isResting, runBeatLoop } from './beat-loop.ts';
import { type AgentChild, startChild } from './child.ts';
import { AGENT_EXIT, type Dismissal } from './exit-codes.ts';
import { createHealthWindow } from './health-window.ts';
import { probeCommand } from './probe-command.ts';
import { type Probe, runProbeLoop } from './probe-loop.ts';
import { probeUrl } from './probe-url.ts';
import { createRegistration } from './registration.ts';
import { createRegistryClient } from './registry-client.ts';
import { openTokenSource } from './token-source.ts';

/**
 * Runs a command and beats for it as long as it runs.
 *
 * The command is never disturbed because the server is away, slow or unwilling: it is stopped only when the
 * server says that this agent was replaced, that its workspace was removed, or that there is none (`AGENT_EXIT`).
 * Must be the only one in its process: it listens to the process's signals until the command is gone.
 *
 * @returns the command's exit code, 128 + signal, or one of `AGENT_EXIT`; once the command has ended.
 * @throws {TypeError} for an empty command, a bad address, or two health checks; then nothing was started
 */
export const runAgent = async (options: AgentOptions): Promise<{ exitCode: number }> => {
  checkOptions(options);
  const log = options.log ?? logToStderr();

  const child = await startChild(options.command, log);
  if ('exitCode' in child) return child;

  const over = new AbortController();
  const dismissed = beatFor(child, { ...options, log }, over.signal).catch((error: unknown) => {
    log(`beating ended: ${error instanceof Error ? error.message : 'unknown error'}; the command runs on`);
    return null;
  });
  const why = await Promise.race([child.exited.then(() => null), dismissedOnly(dismissed)]);
  if (why !== null) {
    log(`${DISMISSED[why]}; stopping the command`);
    await child.stop(options.stopGraceMs ?? 10_000);
  }
  over.abort();
  await dismissed;
  return { exitCode: why === null ? await child.exited : AGENT_EXIT[why] };
};

const DISMISSED: Record<Dismissal, string> = {
  replaced: 'a newer incarnation of this agent is in charge',
  removed: 'the workspace was removed',
  unknown: 'the server knows no such workspace',
};

const beatFor = async (
  child: AgentChild,
  options: AgentOptions & { log: (line: string) => void },
  signal: AbortSignal,
): Promise<Dismissal | null> => {
  const { log, workspaceId, clock = () => performance.now(), sleep = sleepUntil } = options;
  const startedAt = clock();
  let resting = false;
  const window = createHealthWindow();
  const probe = chooseProbe(options);
  const probed =
    probe &&
    runProbeLoop(
      {
        probe,
        window,
        everyMs: options.healthEveryMs ?? 10_000,
        graceMs: options.healthGraceMs ?? 30_000,
        isResting: () => resting,
        clock,
        sleep,
      },
      signal,
    );

  const tokens = await openTokenSource({
    token: options.token,
    file: options.tokenFile ?? '/configs/.auth_token',
    log,
  });
  const client = createRegistryClient({
    url: options.url,
    tokens,
    fetch: options.fetch ?? fetch,
    timeoutMs: options.beatTimeoutMs ?? 5_000,
  });
  const { url, agentCard } = options.register ?? {};
  const registration =
    options.register &&
    createRegistration({
      client,
      tokens,
      body: {
        id: workspaceId,
        ...(url === undefined ? {} : { url }),
        ...(agentCard === undefined ? {} : { agent_card: agentCard }),
      },
      log,
    });

  log(`beating for process ${child.pid} as workspace ${workspaceId}`);
  const dismissal = await runBeatLoop(
    {
      beat: async (heard) => {
        await registration?.ensure(heard, signal);
        const health = window.read();
        const body = {
          workspace_id: workspaceId,
          error_rate: health.errorRate,
          sample_error: health.sampleError,
          uptime_seconds: Math.floor((clock() - startedAt) / 1000),
          ...(options.incarnation === undefined ? {} : { incarnation: options.incarnation }),
        };
        return client.beat(body, signal);
      },
      sleep,
      roll: options.roll ?? Math.random,
      log,
      onStatus: (status) => {
        resting = isResting(status);
      },
      minBackoffMs: options.minBackoffMs ?? 1_000,
      maxBackoffMs: options.maxBackoffMs ?? 30_000,
      restingEveryMs: options.restingEveryMs ?? 60_000,
    },
    signal,
  );
  if (signal.aborted) await probed;
  return dismissal;
};

const chooseProbe = ({ healthUrl, healthCommand, fetch: doFetch = fetch }: AgentOptions): Probe | null => {
  if (healthUrl !== undefined) return (signal) => probeUrl(healthUrl, doFetch, signal);
  if (healthCommand !== undefined) return (signal) => probeCommand(healthCommand, signal);
  return null;
};

/** Settles only if the server did dismiss the agent: an end of beating for any other reason ends nothing else. */
const dismissedOnly = async (beating: Promise<Dismissal | null>): Promise<Dismissal> =>
  (await beating) ?? new Promise<never>(() => {});

const sleepUntil = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => {});

const logToStderr = () => {
  // Whoever read our output may be gone; that is no reason to leave the command alone.
  process.stderr.on('error', () => {});
  return (line: string) => process.stderr.write(`keepwell agent: ${line}\n`);
};
