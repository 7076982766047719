import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const ENTRY = join(import.meta.dirname, '../../src/cli/keepwell.ts');

export type Ended = { code: number | null; stdout: string; stderr: string; lines: string[] };

export type RunningCli = {
  child: ChildProcess;
  /** What was printed so far. */
  output(): string;
  /** Resolves when the output holds `text`; rejects when the command ends without it. */
  printed(text: string): Promise<void>;
  ended: Promise<Ended>;
};

/** Starts the real command in a process of its own, with nothing in its environment but what is given. */
export const startCli = (
  args: string[],
  options: { env?: Record<string, string>; input?: string } = {},
): RunningCli => {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { PATH: process.env.PATH ?? '', TZ: 'UTC', ...options.env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const heard = () => {
    for (const check of waiting) check();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    heard();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    heard();
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      heard();
      resolve({ code, stdout, stderr, lines: stdout.split('\n').filter((line) => line !== '') });
    });
  });
  return {
    child,
    output: () => stdout + stderr,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (stdout.includes(text) || stderr.includes(text)) resolve();
          else if (child.exitCode !== null) reject(new Error(`ended without "${text}":\n${stdout}${stderr}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        child.on('close', check);
        check();
      }),
    ended,
  };
};

/** Runs the command to its end. */
export const runCli = (args: string[], options?: Parameters<typeof startCli>[1]): Promise<Ended> =>
  startCli(args, options).ended;
