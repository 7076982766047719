import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What can be read at any moment; asked for only when somebody reads the metrics. */
export type MetricSources = {
  version: string;
  /** Beats taken since the start. */
  beats: () => number;
  /** How many workspaces are in which status; one that nobody is in may be left out. */
  workspaces: () => Partial<Record<string, number>>;
  statuses: readonly string[];
  ready: () => boolean;
  /** Whether nobody is called silent now. */
  held: () => boolean;
  store: () => { writable: boolean; pending: number; walBytes: number; databaseBytes: number };
  /** Notices that are not delivered yet, and those that were given up. */
  notices: () => { pending: number; dead: number };
  /** In milliseconds, over the current minute. */
  loop: () => { p50Ms: number; p99Ms: number; maxMs: number };
};

/** Commits take a millisecond or so, and a slow disk a hundred times that. */
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const LATE_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60];
const RECONCILE_SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 600];

/**
 * The metrics of a supervisor in the form that Prometheus reads.
 *
 * No label names a workspace, so their number does not grow with the fleet. What is counted elsewhere anyway is read
 * when somebody asks; a beat costs nothing here.
 */
export const createMetrics = (sources: MetricSources) => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  /** A number that is looked up when somebody reads. */
  const read = (name: string, help: string, look: () => number): void => {
    const gauge = new Gauge({ name, help, registers, collect: (): void => gauge.set(look()) });
  };

  new Gauge({
    name: 'keepwell_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    registers,
  }).set({ version: sources.version }, 1);
  const workspaces = new Gauge({
    name: 'keepwell_workspaces',
    help: 'Workspaces by status.',
    labelNames: ['status'],
    registers,
    collect() {
      const census = sources.workspaces();
      for (const status of sources.statuses) workspaces.set({ status }, census[status] ?? 0);
    },
  });
  const beats = new Counter({
    name: 'keepwell_beats_total',
    help: 'Beats taken since the start.',
    registers,
    collect() {
      beats.reset();
      beats.inc(sources.beats());
    },
  });
  read('keepwell_ready', '1 while the supervisor can work.', () => Number(sources.ready()));
  read('keepwell_judgement_held', '1 while nobody is called silent.', () => Number(sources.held()));
  read('keepwell_store_writable', '1 while the database takes writes.', () =>
    Number(sources.store().writable),
  );
  read('keepwell_store_pending_changes', 'Changes that wait for a commit.', () => sources.store().pending);
  read('keepwell_store_wal_bytes', 'Size of the write-ahead log.', () => sources.store().walBytes);
  read('keepwell_store_database_bytes', 'Size of the database.', () => sources.store().databaseBytes);
  read('keepwell_notices_pending', 'Notices that are not delivered yet.', () => sources.notices().pending);
  read('keepwell_notices_dead', 'Notices that were given up.', () => sources.notices().dead);
  const lag = new Gauge({
    name: 'keepwell_loop_lag_seconds',
    help: 'How late the event loop is, over the current minute; quantile 1 is the worst.',
    labelNames: ['quantile'],
    registers,
    collect() {
      const { p50Ms, p99Ms, maxMs } = sources.loop();
      lag.set({ quantile: '0.5' }, p50Ms / 1_000);
      lag.set({ quantile: '0.99' }, p99Ms / 1_000);
      lag.set({ quantile: '1' }, maxMs / 1_000);
    },
  });

  const transitions = new Counter({
    name: 'keepwell_transitions_total',
    help: 'Transitions between leaf states of workspaces.',
    labelNames: ['from', 'to'],
    registers,
  });
  const leaseLateness = new Histogram({
    name: 'keepwell_lease_lateness_seconds',
    help: 'How long after its end a lease was found to have ended.',
    buckets: LATE_SECONDS,
    registers,
  });
  const reconciles = new Histogram({
    name: 'keepwell_reconcile_duration_seconds',
    help: 'How long reconciles took, by what came of them.',
    labelNames: ['result'],
    buckets: RECONCILE_SECONDS,
    registers,
  });
  const restarts = new Counter({
    name: 'keepwell_restarts_total',
    help: 'Restarts of instances, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const commits = new Histogram({
    name: 'keepwell_store_commit_duration_seconds',
    help: 'How long commits took.',
    buckets: COMMIT_SECONDS,
    registers,
  });
  const written = new Counter({
    name: 'keepwell_store_changes_total',
    help: 'Changes that were written.',
    registers,
  });

  return {
    contentType: registry.contentType,
    /** All of it as text. */
    text: (): Promise<string> => registry.metrics(),
    noteCommit(elapsedMs: number, changes: number): void {
      commits.observe(elapsedMs / 1_000);
      written.inc(changes);
    },
    observer: {
      transitioned: (from: string, to: string): void => transitions.inc({ from, to }),
      leaseJudged: (lateMs: number): void => leaseLateness.observe(lateMs / 1_000),
      reconcileBegan(): (result: string) => void {
        const begin = performance.now();
        return (result) => reconciles.observe({ result }, (performance.now() - begin) / 1_000);
      },
      pluginBegan: () => () => undefined,
      restartBegan: () => () => undefined,
      restarted: (reason: string): void => restarts.inc({ reason }),
    },
  };
};
