import { formatDay } from '../../parts/format.ts';
import type { JournalRow } from '../../wire.ts';

export type RowGroup = { day: string; bursts: JournalRow[][] };

/** Rows closer together than this belong to one happening. */
const BURST_MS = 2_000;

/** Rows, newest first, by day and within a day by what came in one go. */
export const groupRows = (rows: readonly JournalRow[]): RowGroup[] => {
  const groups: RowGroup[] = [];
  let before: JournalRow | null = null;
  for (const row of rows.toReversed()) {
    const day = formatDay(row.at);
    let group = groups.at(-1);
    if (group?.day !== day) {
      group = { day, bursts: [] };
      groups.push(group);
      before = null;
    }
    const burst = group.bursts.at(-1);
    if (before !== null && burst !== undefined && Date.parse(before.at) - Date.parse(row.at) < BURST_MS) {
      burst.push(row);
    } else {
      group.bursts.push([row]);
    }
    before = row;
  }
  return groups;
};
