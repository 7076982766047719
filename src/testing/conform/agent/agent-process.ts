import { type ChildProcess, spawn } from 'node:child_process';

/** An agent that was started. */
export type AgentProcess = {
  /** The last of what it printed. */
  output(): string;
  isRunning(): boolean;
  /** How it ended, in words; null while it runs. */
  ending(): string | null;
  ended: Promise<void>;
  /** To the agent alone: whatever it started is its own business. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Asks it to end (SIGTERM), so that it can end what it started, and insists after a while, to its whole group. */
  kill(): Promise<void>;
};

const KEPT_OUTPUT = 2_000;
const ENDS_WITHIN_MS = 2_000;

/** Starts a command in a group of its own, so that nothing of it is left behind. */
export const startAgent = (command: readonly string[], env: Record<string, string>): AgentProcess => {
  const [program = '', ...args] = command;
  let output = '';
  let ending: string | null = null;
  const child: ChildProcess = spawn(program, args, {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const note = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
  };
  child.stdout?.on('data', note);
  child.stderr?.on('data', note);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ending = signal === null ? `it exited with ${code}` : `it was ended by ${signal}`;
      resolve();
    });
    child.once('error', (error) => {
      ending ??= `it could not be started: ${error.message}`;
      resolve();
    });
  });
  const killGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing is left of it.
    }
  };

  return {
    output: () => output,
    isRunning: () => ending === null,
    ending: () => ending,
    ended,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGTERM');
      const insist = setTimeout(killGroup, ENDS_WITHIN_MS);
      await ended;
      clearTimeout(insist);
      // Whoever outlived it; what left the group may still hold our pipes.
      killGroup();
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
  };
};
