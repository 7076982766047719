import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { AGENT_EXIT } from './exit-codes.ts';

export type AgentChild = {
  pid: number;
  /** Resolves with the code to pass on: its own, or 128 + the number of the signal that ended it. */
  exited: Promise<number>;
  /** Asks (SIGTERM), insists (SIGKILL) after `graceMs`; resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
};

const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Starts the agent's command with our own standard streams, environment and process group, so that whoever kills
 * the group gets both of us. SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 are passed on to it as long as it runs;
 * one that was sent to the whole group therefore reaches it twice.
 *
 * @returns the running child, or the exit code that says why there is none.
 */
export const startChild = async (
  command: readonly string[],
  log: (line: string) => void,
): Promise<AgentChild | { exitCode: number }> => {
  const [program = '', ...args] = command;
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals) => child?.kill(signal);
  // Before the start: a signal in between would end us and leave the command alone.
  for (const signal of FORWARDED) process.on(signal, forward);
  const stopForwarding = () => {
    for (const signal of FORWARDED) process.removeListener(signal, forward);
  };

  try {
    const started = spawn(program, args, { stdio: 'inherit' });
    child = started;
    const exited = new Promise<number>((resolve) => {
      started.once('exit', (code, signal) => {
        stopForwarding();
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
    const pid = await spawned(started);
    return { pid, exited, stop: (graceMs) => stop(started, exited, graceMs) };
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

const stop = async (child: ChildProcess, exited: Promise<number>, graceMs: number): Promise<void> => {
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(insist);
};
