import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What the simulator came upon: with which seed, what did not hold, and all that it says; null for nothing. */
export type Found = { seed: number; broken: string; story: string } | null;

/** Runs the simulator of a copy with one seed after the other until something does not hold. @throws when it cannot run */
export const simulateCopy = async (folder: string, from: number, to: number): Promise<Found> => {
  const keepwell = join(folder, 'src', 'cli', 'keepwell.ts');
  const options = ['--seeds', `${from}..${to}`, '--stop-at-first', '--jobs', '1'];
  const child = spawn(process.execPath, [keepwell, 'simulate', ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const [code] = (await once(child, 'close')) as [number | null];
  process.off('exit', end);
  if (code === 0) return null;
  const [, seed, broken = ''] = /^seed (\d+): (.*)$/m.exec(said) ?? [];
  if (seed === undefined) throw new Error(`The simulator did not get to its end: ${complaint || said}`);
  const story = said.slice(said.indexOf('Broken with seed')).trim();
  return { seed: Number(seed), broken, story };
};
