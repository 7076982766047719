import { type ChildProcess, spawn } from 'node:child_process';
import { shorten } from './describe-failure.ts';

const WITHIN_MS = 5_000;
const KEPT_OUTPUT = 500;

/**
 * Runs a shell command that says how the agent is. Null when it exits 0 within 5 s, else what happened instead,
 * with the end of its output.
 *
 * Its output goes nowhere else. It and all it started are killed when the time is over or `signal` aborts.
 */
export const probeCommand = (command: string, signal: AbortSignal): Promise<string | null> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve('health check was stopped');
    const child = spawn(command, { shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keepEnd = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keepEnd);
    child.stderr.on('data', keepEnd);

    const settle = (failure: string | null) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      killGroup(child);
      resolve(failure);
    };
    const stop = () => settle('health check was stopped');
    const timer = setTimeout(() => settle(`health check took more than ${WITHIN_MS / 1000} s`), WITHIN_MS);
    signal.addEventListener('abort', stop, { once: true });

    child.on('error', (error) => settle(shorten(`health check cannot run: ${error.message}`)));
    // Something left in the background may hold the output open: success need not wait for its end.
    child.on('exit', (code) => {
      if (code === 0) settle(null);
    });
    child.on('close', (code, by) => {
      const how = code === null ? `was ended by ${by}` : `exited with ${code}`;
      settle(shorten(`health check ${how}${output.trim() === '' ? '' : `: ${output}`}`));
    });
  });

const killGroup = (child: ChildProcess): void => {
  child.stdout?.destroy();
  child.stderr?.destroy();
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing of it runs any more.
  }
};
