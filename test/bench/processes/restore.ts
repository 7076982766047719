/** The real program on a data folder, as `keepwell up` starts it, telling when it came to what and what it holds then. */
import { setTimeout as sleep } from 'node:timers/promises';

export type Restored = {
  /** Moments on the wall clock, in milliseconds. */
  codeLoadedAt: number;
  storeOpenedAt: number;
  rowsLoadedAt: number;
  actorsBuiltAt: number;
  listeningAt: number;
  readyAt: number;
  /** When the reconcile of every workspace was over. */
  quietAt: number;
  url: string;
  heapBytes: number;
  rssBytes: number;
  peakRssBytes: number;
};

const nowMs = () => performance.timeOrigin + performance.now();

const { loadConfig } = await import('../../../src/config.ts');
const { assemble } = await import('../../../src/main.ts');
const { openLog } = await import('../../../src/startup/log.ts');
const { systemClock } = await import('../../../src/supervisor/clock.ts');
const codeLoadedAt = nowMs();

let rowsLoadedAt = 0;
let actorsBuiltAt = 0;
let listeningAt = 0;

const config = loadConfig({ flags: { data: process.argv[2], port: '0' }, env: {} });
const { supervisor, ...keepwell } = assemble(config, {
  clock: systemClock,
  log: openLog(config.logLevel),
  around: {
    store: (store) => ({
      ...store,
      load: () => {
        const rows = store.load();
        rowsLoadedAt = nowMs();
        return rows;
      },
    }),
  },
});
const storeOpenedAt = nowMs();

const { restore, resume } = supervisor;
supervisor.restore = () => {
  restore();
  actorsBuiltAt = nowMs();
};
supervisor.resume = (url) => {
  listeningAt = nowMs();
  return resume(url);
};

const url = await keepwell.start();
const readyAt = nowMs();

/** Every workspace is entered anew and so reconciles; that is over when the journal stands still. */
let quietAt = nowMs();
for (let seq = -1; seq !== supervisor.lastSeq() || nowMs() - quietAt < 1_000; await sleep(20)) {
  if (seq === supervisor.lastSeq()) continue;
  seq = supervisor.lastSeq();
  quietAt = nowMs();
}
// The last resort gives pages back to the system, too; otherwise the memory of a process is that of its busiest moment.
const peakRssBytes = process.resourceUsage().maxRSS * 1_024;
globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
await sleep(100);
const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();

process.send?.({
  codeLoadedAt,
  storeOpenedAt,
  rowsLoadedAt,
  actorsBuiltAt,
  listeningAt,
  readyAt,
  quietAt,
  url,
  heapBytes,
  rssBytes,
  peakRssBytes,
} satisfies Restored);

process.once('message', () => {
  void keepwell.close().then(() => process.exit(0));
});
