import type { Vitals } from '../../src/http/options.ts';

/** A process and a store at ease. */
export const calmVitals = (): Vitals => ({
  loop: { p50Ms: 0.1, p99Ms: 2, maxMs: 5, windowMs: 30_000 },
  memory: { rssBytes: 90_000_000, heapUsedBytes: 40_000_000 },
  commits: { p50Ms: 0.4, p99Ms: 3, count: 12, walBytes: 4_096, databaseBytes: 81_920 },
});
