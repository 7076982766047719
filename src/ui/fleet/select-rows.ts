import { lookOf } from '../parts/status-look.ts';
import type { FleetRow } from '../wire.ts';

export type Order = 'urgency' | 'name';
export type Selection = { statuses: ReadonlySet<string>; search: string; order: Order };

/** How many workspaces have each status, the most urgent status first. */
export const countStatuses = (rows: Iterable<FleetRow>): [status: string, count: number][] => {
  const counts = new Map<string, number>();
  for (const { status } of rows) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => lookOf(a).urgency - lookOf(b).urgency);
};

/** The rows that a person asked for, in the order that was asked for. No statuses means all. */
export const selectRows = (rows: Iterable<FleetRow>, { statuses, search, order }: Selection): FleetRow[] => {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const kept: { row: FleetRow; urgency: number }[] = [];
  for (const row of rows) {
    if (statuses.size > 0 && !statuses.has(row.status)) continue;
    if (words.length > 0 && !matches(row, words)) continue;
    kept.push({ row, urgency: order === 'urgency' ? urgencyOf(row) : 0 });
  }
  kept.sort((a, b) => a.urgency - b.urgency || byName(a.row, b.row));
  return kept.map(({ row }) => row);
};

/** A plugin that is missing is more urgent than all that goes well, and less than an agent that does not work. */
const urgencyOf = (row: FleetRow): number => {
  const { urgency } = lookOf(row.status);
  const { failed, held } = row.plugins;
  return failed + held > 0 ? Math.min(urgency, PLUGIN_TROUBLE) : urgency;
};
const PLUGIN_TROUBLE = 3.5;

const matches = (row: FleetRow, words: string[]): boolean => {
  const text =
    `${row.name} ${row.status} ${row.role ?? ''} ${row.template ?? ''} ${row.state} ${row.reason ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
};

const byName = (a: FleetRow, b: FleetRow): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
