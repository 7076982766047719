import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { DurationMs, EpochMs } from '../../machines/time.ts';
import { KeepwellError } from '../errors.ts';

/** How long to leave a log alone that some reader keeps from being emptied. */
const PATIENCE: DurationMs = 10_000;

export type WalKeeperOptions = {
  db: Database;
  walBytes: number;
  busyTimeoutMs: DurationMs;
  now: () => EpochMs;
  report: (error: unknown) => void;
};

/**
 * Keeps the write-ahead log near `walBytes`; call `tend` when nothing is queued.
 *
 * SQLite's own checkpoints (every 1000 pages, never waiting) do the work as long as there is a moment without
 * readers. A backup or a shell that holds a read open starves them; then this tries again every 10 s, never
 * waits for the reader, and says so once.
 */
export const createWalKeeper = ({ db, walBytes, busyTimeoutMs, now, report }: WalKeeperOptions) => {
  const file = `${db.name}-wal`;
  let starvedAt: EpochMs | null = null;
  let said = false;

  const tend = (): void => {
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes <= walBytes) {
      starvedAt = null;
      said = false;
      return;
    }
    if (starvedAt !== null && now() - starvedAt < PATIENCE) return;
    if (truncate()) return;
    starvedAt = now();
    if (said) return;
    said = true;
    const megabytes = Math.round(bytes / 2 ** 20);
    const message = `The database's log has grown to ${megabytes} MiB because another process keeps reading it.`;
    report(new KeepwellError('INTERNAL', { message, hint: 'End that backup or SQLite shell.' }));
  };

  /** Whether the log is empty now. Without patience, for the event loop would stand still meanwhile. */
  const truncate = (): boolean => {
    db.pragma('busy_timeout = 0');
    try {
      const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
      return result?.busy === 0;
    } catch {
      // A disk fault shows in the next commit, which is where it is dealt with.
      return false;
    } finally {
      db.pragma(`busy_timeout = ${busyTimeoutMs}`);
    }
  };

  return { tend, truncate };
};
