/** An agent that is not ours: a text, pasted into a program that every box has. */
import { type ChildProcess, spawn } from 'node:child_process';

export type PastedAgent = {
  output: () => string;
  exited: Promise<number | null>;
  kill: () => Promise<void>;
};

/** Pastes `text` into the standard input of a program, and leaves it open as a terminal would be. */
export const paste = (
  text: string,
  [program = '', ...args]: readonly string[],
  env: Record<string, string> = {},
): PastedAgent => {
  const child: ChildProcess = spawn(program, args, {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A shell is ended with what it runs at the moment.
    detached: true,
  });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  child.stdin?.on('error', () => undefined);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (isPrompt(args)) child.stdin?.write(text);
  else child.stdin?.end(text);
  return {
    output: () => output,
    exited,
    async kill() {
      try {
        process.kill(-(child.pid as number), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
      await exited;
    },
  };
};

const isPrompt = (args: readonly string[]): boolean => args.includes('-i');
