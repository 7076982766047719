import { setTimeout as delay } from 'node:timers/promises';
import { type AgentOptions, checkOptions } from './agent-options.ts';
import { isResting, runBeatLoop } from './beat-loop.ts';
import { type AgentCommand, startCommand } from './command.ts';
import { AGENT_EXIT, type Dismissal } from './exit-codes.ts';
import { createHealthWindow } from './health-window.ts';
import { probeCommand } from './probe-command.ts';
import { type Probe, runProbeLoop } from './probe-loop.ts';
import { probeUrl } from './probe-url.ts';
import { createRegistration } from './registration.ts';
import { createRegistryClient } from './registry-client.ts';
import { createRequester } from './requester.ts';
import { startPulling } from './start-pulling.ts';
import { openTokenSource } from './token-source.ts';

/**
 * Runs a command and beats for it as long as it runs; keeps its plugins up to date, where it is said where they are.
 *
 * The command is never disturbed because the server is away, slow or unwilling: it is stopped only when the
 * server says that this agent was replaced, that its workspace was removed, or that there is none (`AGENT_EXIT`), and
 * started again only when its plugins changed in a way that asks for it.
 * It listens to the process's signals until the command is gone, and passes them on.
 *
 * @returns the command's exit code, 128 + signal, or one of `AGENT_EXIT`; once the command has ended.
 * @throws {TypeError} for an empty command, a bad address, or two health checks; then nothing was started
 */
export const runAgent = async (options: AgentOptions): Promise<{ exitCode: number }> => {
  checkOptions(options);
  const log = options.log ?? logToStderr();
  const clock = options.clock ?? (() => performance.now());
  // A command that may be replaced has to be stopped with all it started; one at a terminal must not lose that.
  const ownGroup = mayPull(options) && !process.stdin.isTTY;

  const command = await startCommand(options.command, { log, ownGroup, clock, env: options.env });
  if ('exitCode' in command) return command;

  const over = new AbortController();
  const dismissed = beatFor(command, { ...options, log, clock }, over.signal).catch((error: unknown) => {
    log(`beating ended: ${error instanceof Error ? error.message : 'unknown error'}; the command runs on`);
    return null;
  });
  const why = await Promise.race([command.exited.then(() => null), dismissedOnly(dismissed)]);
  if (why !== null) {
    log(`${DISMISSED[why]}; stopping the command`);
    await command.stop(options.stopGraceMs ?? 10_000);
  }
  over.abort();
  await dismissed;
  return { exitCode: why === null ? await command.exited : AGENT_EXIT[why] };
};

const DISMISSED: Record<Dismissal, string> = {
  replaced: 'a newer incarnation of this agent is in charge',
  removed: 'the workspace was removed',
  unknown: 'the server knows no such workspace',
};

const beatFor = async (
  command: AgentCommand,
  options: AgentOptions & { log: (line: string) => void; clock: () => number },
  signal: AbortSignal,
): Promise<Dismissal | null> => {
  const { log, workspaceId, clock, sleep = sleepUntil, roll = Math.random } = options;
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
        startedAt: command.startedAt,
        isResting: () => resting || command.isRestarting(),
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
  const request = createRequester({ url: options.url, tokens, fetch: options.fetch ?? fetch });
  const client = createRegistryClient(request, options.beatTimeoutMs ?? 5_000);
  const { url, agentCard } = options.register ?? {};
  const card = {
    id: workspaceId,
    ...(url === undefined ? {} : { url }),
    ...(agentCard === undefined ? {} : { agent_card: agentCard }),
  };
  const registration = options.register && createRegistration({ client, tokens, body: card, log });
  const pulling = mayPull(options)
    ? startPulling({ request, ...options, sleep, roll, restart: () => restart(signal) }, signal)
    : null;

  /** Registers before the next process can: what that says of itself is the last word. */
  const restart = (until: AbortSignal): Promise<void> =>
    command.restart(options.stopGraceMs ?? 10_000, async () => {
      const answer = await client.register(card, until);
      if (answer.kind !== 'accepted') log('registering anew failed; beating goes on without it');
    });

  log(`beating for process ${command.pid()} as workspace ${workspaceId}`);
  let isTold = false;
  const dismissal = await runBeatLoop(
    {
      beat: async (heard) => {
        await registration?.ensure(heard, signal);
        const health = window.read();
        const body = {
          workspace_id: workspaceId,
          error_rate: health.errorRate,
          sample_error: health.sampleError,
          uptime_seconds: Math.floor((clock() - command.startedAt()) / 1000),
          ...(options.incarnation === undefined ? {} : { incarnation: options.incarnation }),
        };
        return (options.relay ?? client).beat(body, signal);
      },
      sleep,
      // A relay spreads what it sends; the agents behind it keep in step.
      roll: options.relay === undefined ? roll : () => 0,
      log,
      onStatus: (status) => {
        resting = isResting(status);
      },
      onPluginsPending: (generation) => {
        if (pulling !== null) return pulling.hear(generation);
        if (!isTold) log('plugins wait to be fetched, but it is not said where they go: give --plugins-dir');
        isTold = true;
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

/** An incarnation has a number only where the server starts it, and there the server installs its plugins too. */
const mayPull = ({ pluginsDir, incarnation }: AgentOptions): boolean =>
  pluginsDir !== undefined && incarnation === undefined;

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
