import type { EpochMs } from '../../machines/time.ts';
import type { OutboxRow } from '../supervisor/outbox-port.ts';
import { GATHER_MS } from './notifier.ts';

/** More than so many notices at once are sent as one. */
const MOST_ALONE = 3;
const MOST_TOGETHER = 500;

/**
 * What of a target's pending rows is sent next, all together, or when to look again.
 *
 * While one has to be tried again the others wait for it, so that a thread is told in its order. Rows that were given
 * the id of a batch stay together under it.
 */
export const chooseNext = (
  rows: readonly OutboxRow[],
  now: EpochMs,
): { send: readonly OutboxRow[] } | { at: EpochMs } => {
  const begun = rows.find(({ tries, batch }) => tries > 0 || batch !== null);
  if (begun !== undefined) {
    if (begun.dueAt > now) return { at: begun.dueAt };
    return { send: begun.batch === null ? [begun] : rows.filter(({ batch }) => batch === begun.batch) };
  }
  const dueAt = Math.min(...rows.map((row) => row.dueAt));
  if (dueAt > now) return { at: dueAt };
  const together = rows.filter((row) => row.dueAt <= now + GATHER_MS);
  return { send: together.slice(0, together.length > MOST_ALONE ? MOST_TOGETHER : 1) };
};
