import type { DurationMs, EpochMs } from '../../machines/time.ts';
import { createDurations, type DurationsView } from './durations.ts';
import { isDiskFault, sqliteProblem, storeUnwritable, toRefusal } from './sqlite-errors.ts';
import type { Transaction } from './transaction.ts';
import type { StoreHealth } from './types.ts';
import { createWaiters } from './waiters.ts';

export type Writer = {
  /**
   * Calls `prepare` at once and queues what it returns for the transaction at the end of this turn of the event
   * loop; resolves after its commit.
   *
   * When the commit fails it rejects with `STORE_UNWRITABLE`. What is `kept` stays queued, in order, and is tried
   * again until it is written; anything else is dropped. What is refused alone rejects alone, and is gone.
   */
  enqueue(prepare: () => () => void, options: { kept: boolean }): Promise<void>;
  settled(signal?: AbortSignal): Promise<void>;
  health(): StoreHealth;
  /** How long commits took lately. */
  durations(): DurationsView;
  /** Tries once more to write all that waits, then refuses everything. Returns how many changes were lost. */
  close(): number;
};

export type WriterOptions = {
  transaction: Transaction;
  now: () => EpochMs;
  /** Calls `run` once after `delayMs`; returns what cancels it. */
  schedule: (run: () => void, delayMs: DurationMs) => () => void;
  retryMs: DurationMs;
  report: (error: unknown) => void;
  /** Called after each commit, with nothing queued: how long it took, and how many changes it wrote. */
  onCommitted: (elapsedMs: DurationMs, changes: number) => void;
};

type Job = {
  number: number;
  run: () => void;
  kept: boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
  /** Its promise was rejected by an earlier attempt. */
  answered: boolean;
};

export const createWriter = (options: WriterOptions): Writer => {
  const { transaction, now, schedule, retryMs, report, onCommitted } = options;
  const waiters = createWaiters();
  const durations = createDurations();
  let queue: Job[] = [];
  let lastNumber = 0;
  let turn: NodeJS.Immediate | null = null;
  let cancelRetry: (() => void) | null = null;
  let outage: { since: EpochMs; problem: string } | null = null;
  let closed = false;

  const flush = (): void => {
    turn = null;
    const batch = queue;
    let refused: Map<Job, unknown>;
    let elapsedMs: DurationMs;
    try {
      const begin = performance.now();
      refused = transaction.run(batch);
      elapsedMs = performance.now() - begin;
      durations.note(elapsedMs);
    } catch (error) {
      fail(error);
      return;
    }
    queue = [];
    outage = null;
    for (const job of batch) answer(job, refused);
    waiters.wake(Number.POSITIVE_INFINITY);
    try {
      onCommitted(elapsedMs, batch.length);
    } catch (error) {
      report(error);
    }
  };

  const answer = (job: Job, refused: Map<Job, unknown>): void => {
    if (!refused.has(job)) return job.resolve();
    const refusal = toRefusal(refused.get(job));
    if (job.answered) report(refusal);
    else job.reject(refusal);
  };

  const fail = (error: unknown): void => {
    const unwritable = storeUnwritable(sqliteProblem(error), error);
    for (const job of queue) {
      job.reject(unwritable);
      job.answered = true;
    }
    queue = queue.filter((job) => job.kept);
    waiters.wake(queue[0]?.number ?? Number.POSITIVE_INFINITY);
    if (outage === null) report(isDiskFault(error) ? unwritable : error);
    outage = { since: outage?.since ?? now(), problem: sqliteProblem(error) };
    if (!closed) cancelRetry = schedule(retry, retryMs);
  };

  const retry = (): void => {
    cancelRetry = null;
    try {
      // A probe fails cheaply; running a long queue into a full disk every second would not.
      transaction.probe();
    } catch (error) {
      fail(error);
      return;
    }
    flush();
  };

  const enqueue: Writer['enqueue'] = (prepare, { kept }) => {
    if (closed) return Promise.reject(storeUnwritable('the store is closed'));
    if (outage !== null && !kept) return Promise.reject(storeUnwritable(outage.problem));
    return new Promise((resolve, reject) => {
      const run = prepare();
      lastNumber += 1;
      queue.push({ number: lastNumber, run, kept, resolve, reject, answered: false });
      if (outage === null) turn ??= setImmediate(flush);
    });
  };

  return {
    enqueue,
    settled: (signal) => (queue.length === 0 ? Promise.resolve() : waiters.until(lastNumber, signal)),
    durations: durations.view,
    health: () => ({
      writable: outage === null && !closed,
      since: outage?.since ?? null,
      problem: outage?.problem ?? (closed ? 'the store is closed' : null),
      pending: queue.length,
    }),
    close: () => {
      closed = true;
      if (turn !== null) clearImmediate(turn);
      cancelRetry?.();
      if (queue.length > 0) flush();
      const lost = queue.length;
      if (lost > 0) waiters.abandon(storeUnwritable(outage?.problem ?? 'the store is closed'));
      queue = [];
      return lost;
    },
  };
};
