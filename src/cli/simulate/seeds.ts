import { Worker } from 'node:worker_threads';
import type { FaultKind, Simulation } from '../../testing/simulate/index.ts';

/** What is run with every seed. */
export type SeedTask = { workspaces: number; hours: number; faults: readonly FaultKind[] };
/** A run without its plan, which its seed gives again. */
export type SeedResult = Omit<Simulation, 'plan'>;

/**
 * Runs many seeds, `jobs` at a time, each job in a thread of its own.
 *
 * `onResult` is called with each run in the order of the seeds, whichever ends first; once it answers false, no further
 * one is begun or told of.
 */
export const simulateSeeds = async (
  seeds: { first: number; last: number },
  task: SeedTask,
  jobs: number,
  onResult: (result: SeedResult) => boolean,
): Promise<void> => {
  let next = seeds.first;
  let told = seeds.first;
  let goesOn = true;
  const waiting = new Map<number, SeedResult>();

  const tell = (): void => {
    for (let result = waiting.get(told); goesOn && result !== undefined; result = waiting.get(told)) {
      waiting.delete(told);
      told += 1;
      goesOn = onResult(result);
    }
  };
  /** The next seed; null when there is none left to begin. */
  const take = (): number | null => {
    if (!goesOn || next > seeds.last) return null;
    next += 1;
    return next - 1;
  };

  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(
        import.meta.url.endsWith('.js')
          ? new URL('seeds-worker.js', import.meta.url)
          : new URL('seeds-worker.ts', import.meta.url),
        { workerData: task },
      );
      const give = () => {
        const seed = take();
        if (seed === null) void worker.terminate();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        else worker.postMessage(seed);
      };
      worker.on('message', (result: SeedResult) => {
        waiting.set(result.seed, result);
        tell();
        give();
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      give();
    });
  const count = Math.max(1, Math.min(jobs, seeds.last - seeds.first + 1));
  await Promise.all(Array.from({ length: count }, work));
};
