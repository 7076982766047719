/** Runs the seeds that it is sent, one after the other, and sends back what came of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { simulate } from '../../testing/simulate/index.ts';
import type { SeedTask } from './seeds.ts';

parentPort?.on('message', async (seed: number) => {
  const { plan: _, ...result } = await simulate({ ...(workerData as SeedTask), seed });
  parentPort?.postMessage(result);
});
