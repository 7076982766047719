import { Worker } from 'node:worker_threads';
import type { ElkNode } from 'elkjs';
import { programFile } from '../package-folder.ts';

/** Lays a graph out without holding up whoever waits. Rejects when ELK cannot do it. */
export const runLayout = (graph: ElkNode): Promise<ElkNode> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(programFile('inspect/layout-worker'), { workerData: graph });
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the layout ended without a result (${code})`)));
  });
