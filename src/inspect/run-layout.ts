import { Worker } from 'node:worker_threads';
import type { ElkNode } from 'elkjs';

/** Lays a graph out without holding up whoever waits. Rejects when ELK cannot do it. */
export const runLayout = (graph: ElkNode): Promise<ElkNode> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(
      import.meta.url.endsWith('.js')
        ? new URL('layout-worker.js', import.meta.url)
        : new URL('layout-worker.ts', import.meta.url),
      { workerData: graph },
    );
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the layout ended without a result (${code})`)));
  });
