import type { JournalRow } from '../wire.ts';

/** The rows that one can travel to: what moved the machine. */
export const stopsOf = (rows: readonly JournalRow[]): JournalRow[] =>
  rows.filter(({ kind }) => kind === 'transition');

/**
 * The stop before or after the one that is shown (`at`, null is now): its sequence number, null for now, undefined when
 * there is none.
 */
export const stepInTime = (
  rows: readonly JournalRow[],
  at: number | null,
  by: 1 | -1,
): number | null | undefined => {
  const stops = stopsOf(rows);
  if (at === null) return by === 1 ? undefined : stops.at(-2)?.seq;
  if (by === -1) return stops.findLast(({ seq }) => seq < at)?.seq;
  const next = stops.find(({ seq }) => seq > at);
  return next === undefined || next === stops.at(-1) ? null : next.seq;
};
