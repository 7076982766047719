import { spawn } from 'node:child_process';
import { until } from './until.ts';

export type RunningProcess = ReturnType<typeof runProcess>;

/** Starts a real process in its own group and collects what it prints. */
export const runProcess = (
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
) => {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { PATH: process.env.PATH ?? '', ...options.env },
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let running = true;
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => {
      running = false;
      resolve({ code, signal });
    });
  });

  return {
    ended,
    output: () => output,
    isRunning: () => running,
    printed: (text: string | RegExp) =>
      until(
        () => (typeof text === 'string' ? output.includes(text) : text.test(output)),
        `${text} in: ${output}`,
      ),
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    /** Ends it and all it started. */
    destroy: async () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
      await ended;
    },
  };
};
