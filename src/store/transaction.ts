import type { Database } from 'better-sqlite3';
import { isDiskFault } from './sqlite-errors.ts';

export type Transaction = {
  /**
   * Runs all jobs in one transaction, each in its own savepoint.
   *
   * A job that fails alone is undone alone and its error returned. Throws when the transaction as a whole
   * failed; then no job left a trace.
   */
  run<Job extends { run: () => void }>(jobs: readonly Job[]): Map<Job, unknown>;
  /** Writes and deletes a few pages; throws while the disk does not take them. */
  probe(): void;
};

export const createTransaction = (db: Database): Transaction => {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const enter = db.prepare('SAVEPOINT job');
  const leave = db.prepare('RELEASE job');
  const undo = db.prepare('ROLLBACK TO job');
  const fill = db.prepare('INSERT INTO probe (ballast) VALUES (zeroblob(16384))');
  const empty = db.prepare('DELETE FROM probe');

  const whole = <T>(work: () => T): T => {
    // Only a rollback that itself failed can have left one open.
    if (db.inTransaction) rollback.run();
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      if (db.inTransaction) rollback.run();
      throw error;
    }
  };

  const runEach = <Job extends { run: () => void }>(jobs: readonly Job[]): Map<Job, unknown> => {
    const refused = new Map<Job, unknown>();
    for (const job of jobs) {
      enter.run();
      try {
        job.run();
      } catch (error) {
        // Some faults end the whole transaction inside SQLite; then there is nothing left to go on with.
        if (isDiskFault(error) || !db.inTransaction) throw error;
        undo.run();
        refused.set(job, error);
      }
      leave.run();
    }
    return refused;
  };

  return {
    run: (jobs) => whole(() => runEach(jobs)),
    probe: () => {
      whole(() => fill.run());
      whole(() => empty.run());
    },
  };
};
