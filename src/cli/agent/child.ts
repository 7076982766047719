import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { AGENT_EXIT } from './exit-codes.ts';

export type AgentChild = {
  pid: number;
  /** Resolves with the code to pass on: its own, or 128 + the number of the signal that ended it. */
  exited: Promise<number>;
  /** Whether we were sent SIGTERM, SIGINT or SIGHUP while it ran. */
  wasAskedToEnd(): boolean;
  /** Asks (SIGTERM), insists (SIGKILL) after `graceMs`; resolves when it is gone, with its group if it has its own. */
  stop(graceMs: number): Promise<void>;
};

const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const FORWARDED = [...ENDING, 'SIGUSR1', 'SIGUSR2'] as const;
/** Between two looks whether a group is empty. */
const LOOK_EVERY_MS = 25;
const REAPED_WITHIN_MS = 1_000;

/**
 * Starts the agent's command with our own standard streams, and environment where it is given none. SIGTERM, SIGINT, SIGHUP, SIGUSR1 and
 * SIGUSR2 are passed on to it as long as it runs.
 *
 * It is in our own process group, so that whoever kills the group gets both of us; a signal to the whole group
 * therefore reaches it twice. With `ownGroup` it gets a group, and a session, of its own, so that it can be stopped
 * with all that it started: only for one that has no terminal to lose.
 *
 * @returns the running child, or the exit code that says why there is none.
 */
export const startChild = async (
  command: readonly string[],
  {
    log,
    ownGroup,
    env,
  }: { log: (line: string) => void; ownGroup: boolean; env: Record<string, string> | undefined },
): Promise<AgentChild | { exitCode: number }> => {
  const [program = '', ...args] = command;
  let child: ChildProcess | undefined;
  let askedToEnd = false;
  const forward = (signal: NodeJS.Signals) => {
    askedToEnd ||= ENDING.some((each) => each === signal);
    if (child !== undefined) send(child, ownGroup, signal);
  };
  // Before the start: a signal in between would end us and leave the command alone.
  for (const signal of FORWARDED) process.on(signal, forward);
  const stopForwarding = () => {
    for (const signal of FORWARDED) process.removeListener(signal, forward);
  };

  try {
    const started = spawn(program, args, { stdio: 'inherit', detached: ownGroup, env });
    child = started;
    const exited = new Promise<number>((resolve) => {
      started.once('exit', (code, signal) => {
        stopForwarding();
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
    const pid = await spawned(started);
    return {
      pid,
      exited,
      wasAskedToEnd: () => askedToEnd,
      stop: (graceMs) => stop(started, { exited, ownGroup, graceMs }),
    };
  } catch (error) {
    stopForwarding();
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    log(`cannot start ${program}: ${code}`);
    return { exitCode: code === 'ENOENT' ? AGENT_EXIT.notFound : AGENT_EXIT.notExecutable };
  }
};

const spawned = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    // Stays: a signal that cannot be delivered is an 'error' too, and nothing to die of.
    child.on('error', reject);
  });

/** Its group outlives it as long as anything is left in it, so the number still means the same. */
const send = (child: ChildProcess, ownGroup: boolean, signal: NodeJS.Signals | 0): boolean => {
  if (!ownGroup) return child.kill(signal);
  try {
    return child.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    return false;
  }
};

const stop = async (
  child: ChildProcess,
  { exited, ownGroup, graceMs }: { exited: Promise<number>; ownGroup: boolean; graceMs: number },
): Promise<void> => {
  send(child, ownGroup, 'SIGTERM');
  const insist = setTimeout(() => send(child, ownGroup, 'SIGKILL'), graceMs);
  await exited;
  if (ownGroup) await groupGone(child, graceMs + REAPED_WITHIN_MS);
  clearTimeout(insist);
};

/** Not without end: what is dead and never reaped, for its parent does not care, still counts as a member. */
const groupGone = async (child: ChildProcess, withinMs: number): Promise<void> => {
  const giveUpAt = performance.now() + withinMs;
  while (send(child, true, 0) && performance.now() < giveUpAt) await delay(LOOK_EVERY_MS);
};
