import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { ELK, ElkNode } from 'elkjs';

/** Runs beside the program: a large chart takes seconds, and the event loop has beats to hear. */
const require = createRequire(import.meta.url);
const Elk = require('elkjs/lib/elk.bundled.js') as new () => ELK;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a window has one, a thread has none
parentPort?.postMessage(await new Elk().layout(workerData as ElkNode));
