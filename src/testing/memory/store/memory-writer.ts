import type { DurationMs, EpochMs } from '../../../../machines/time.ts';
import { KeepwellError } from '../../../errors.ts';
import type { StoreHealth } from '../../../supervisor/ports.ts';
import { type Life, pass } from '../life.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { Undoable } from './undoable.ts';

export type MemoryWriterOptions = {
  disk: MemoryDisk;
  undoable: Undoable;
  life: Life;
  now: () => EpochMs;
  /** Calls `run` once after `delayMs`; returns what cancels it. */
  schedule: (run: () => void, delayMs: DurationMs) => () => void;
  commitAfterMs: DurationMs;
  retryMs: DurationMs;
  report: (error: unknown) => void;
  onCommitted: () => void;
};

type Job = {
  number: number;
  workspaceId: string | null;
  run: () => void;
  kept: boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
  answered: boolean;
};
type Waiter = { number: number; resolve: () => void };

/** The group commit: all that is queued when its moment comes is written as one, or not at all. */
export const createMemoryWriter = (options: MemoryWriterOptions) => {
  const { disk, undoable, life, now, schedule, commitAfterMs, retryMs, report, onCommitted } = options;
  const waiters = new Set<Waiter & { reject: (error: unknown) => void }>();
  let queue: Job[] = [];
  let lastNumber = 0;
  let cancel: (() => void) | null = null;
  let flushing: Promise<void> | null = null;
  let outage: { since: EpochMs; problem: string } | null = null;
  let isUntold = false;
  let closed = false;

  const arm = (delayMs: DurationMs): void => {
    if (closed || life.isOver()) return;
    cancel ??= schedule(() => {
      cancel = null;
      void flush();
    }, delayMs);
  };

  /** Writes all that is queued now. Waits for a commit that is under way. */
  const flush = async (): Promise<void> => {
    if (flushing !== null) {
      await flushing;
      return flush();
    }
    cancel?.();
    cancel = null;
    if (queue.length === 0) return;
    flushing = commit();
    try {
      await flushing;
    } finally {
      flushing = null;
      if (queue.length > 0) arm(outage === null ? commitAfterMs : retryMs);
    }
  };

  const commit = async (): Promise<void> => {
    try {
      await pass(life, 'store.commit');
    } catch (error) {
      fail(messageOf(error));
      return;
    }
    // Whoever came while it was held up is still in time.
    const batch = queue;
    const refused = new Map<Job, unknown>();
    try {
      for (const job of batch) write(job, refused);
      checkDisk();
      if (life.isOver()) throw CUT_OFF;
    } catch (error) {
      undoable.backTo(0);
      if (life.isOver()) await new Promise<never>(() => {});
      fail(messageOf(error));
      return;
    }
    undoable.forget();
    queue = [];
    // On the disk, and nobody knows.
    isUntold = true;
    await pass(life, 'store.committed').catch(report);
    isUntold = false;
    outage = null;
    for (const job of batch) answer(job, refused);
    wake(queue[0]?.number ?? Number.POSITIVE_INFINITY);
    try {
      onCommitted();
    } catch (error) {
      report(error);
    }
  };

  const write = (job: Job, refused: Map<Job, unknown>): void => {
    life.instant?.('store.write', job.workspaceId);
    if (life.isOver()) throw CUT_OFF;
    checkDisk();
    const mark = undoable.mark();
    try {
      job.run();
    } catch (error) {
      undoable.backTo(mark);
      refused.set(job, error);
    }
  };

  const checkDisk = (): void => {
    if (disk.problem !== null) throw new Error(disk.problem);
  };

  const answer = (job: Job, refused: Map<Job, unknown>): void => {
    if (!refused.has(job)) return job.resolve();
    if (job.answered) report(refused.get(job));
    else job.reject(refused.get(job));
  };

  const fail = (problem: string): void => {
    const unwritable = storeUnwritable(problem);
    for (const job of queue) {
      job.reject(unwritable);
      job.answered = true;
    }
    queue = queue.filter(({ kept }) => kept);
    wake(queue[0]?.number ?? Number.POSITIVE_INFINITY);
    if (outage === null) report(unwritable);
    outage = { since: outage?.since ?? now(), problem };
    // With nothing left to write, the next attempt is a probe.
    if (queue.length === 0) probeLater();
  };

  const probeLater = (): void => {
    if (closed || life.isOver()) return;
    cancel ??= schedule(() => {
      cancel = null;
      if (queue.length > 0) void flush();
      else if (disk.problem === null) outage = null;
      else probeLater();
    }, retryMs);
  };

  const wake = (first: number): void => {
    for (const waiter of waiters) if (waiter.number < first) waiter.resolve();
  };

  return {
    flush,

    /** Calls `prepare` at once and queues what it returns. What is not `kept` goes when the commit fails. */
    enqueue(workspaceId: string | null, kept: boolean, prepare: () => () => void): Promise<void> {
      if (closed) return Promise.reject(storeUnwritable('the store is closed'));
      if (outage !== null && !kept) return Promise.reject(storeUnwritable(outage.problem));
      return new Promise((resolve, reject) => {
        const run = prepare();
        lastNumber += 1;
        queue.push({ number: lastNumber, workspaceId, run, kept, resolve, reject, answered: false });
        if (flushing === null) arm(outage === null ? commitAfterMs : retryMs);
      });
    },

    settled(signal?: AbortSignal): Promise<void> {
      if (queue.length === 0 && !isUntold) return Promise.resolve();
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const end = (how: () => void) => {
          waiters.delete(waiter);
          signal?.removeEventListener('abort', onAbort);
          how();
        };
        const waiter = {
          number: lastNumber,
          resolve: () => end(resolve),
          reject: (error: unknown) => end(() => reject(error)),
        };
        const onAbort = () => waiter.reject(signal?.reason);
        signal?.addEventListener('abort', onAbort, { once: true });
        waiters.add(waiter);
      });
    },

    health: (): StoreHealth => ({
      writable: outage === null && !closed,
      since: outage?.since ?? null,
      problem: outage?.problem ?? (closed ? 'the store is closed' : null),
      pending: queue.length,
    }),

    /** Tries once more to write all that waits, then refuses everything. */
    async close(): Promise<void> {
      if (closed) return;
      closed = true;
      await flush();
      cancel?.();
      if (queue.length === 0) return;
      const unwritable = storeUnwritable(outage?.problem ?? 'the store is closed');
      report(new KeepwellError('STORE_UNWRITABLE', { message: lostMessage(queue.length) }));
      for (const waiter of waiters) waiter.reject(unwritable);
      queue = [];
    },
  };
};

const CUT_OFF = new Error('cut off');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const lostMessage = (lost: number): string =>
  `The store was closed with ${lost} changes that could not be written.`;

const storeUnwritable = (problem: string): KeepwellError =>
  new KeepwellError('STORE_UNWRITABLE', { message: `The database cannot be written: ${problem}.` });
