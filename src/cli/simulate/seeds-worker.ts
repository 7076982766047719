/** Runs the seeds that it is sent, one after the other, and sends back what came of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { simulate } from '../../testing/simulate/index.ts';
import type { SeedTask } from './seeds.ts';

const run = async (seed: number): Promise<void> => {
  const { plan: _plan, ...result } = await simulate({ ...(workerData as SeedTask), seed });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(result);
};

parentPort?.on('message', (seed: number) => void run(seed));
