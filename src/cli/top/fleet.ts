import type { Moment } from '../wire.ts';

export type FleetRow = {
  id: string;
  name: string;
  status: string;
  state: string;
  since: Moment;
  reason: string | null;
  last_heartbeat_at: Moment | null;
  lease_expires_at: Moment | null;
  deadline: { name: string; at: Moment } | null;
  plugins: { declared: number; installed: number; failed: number; held: number };
  incarnation: number;
  restarts_24h: number;
};

type FleetNews = {
  at: Moment;
  rows: FleetRow[];
  beats?: [id: string, last: Moment | null, lease: Moment | null][];
  removed?: string[];
};

export type Fleet = {
  rows: Map<string, FleetRow>;
  /** How far the clock of the server is ahead of ours. */
  aheadMs: number;
  /** Since when the connection is lost; null while there is one. */
  lostAt: number | null;
};

export const NO_FLEET: Fleet = { rows: new Map(), aheadMs: 0, lostAt: null };

/** The fleet after a message of its stream: all of it, or what changed. */
export const withNews = (fleet: Fleet, event: string, news: FleetNews, nowMs: number): Fleet => {
  const rows = event === 'fleet' ? new Map<string, FleetRow>() : new Map(fleet.rows);
  for (const row of news.rows) rows.set(row.id, row);
  for (const [id, last, lease] of news.beats ?? []) {
    const row = rows.get(id);
    if (row !== undefined) rows.set(id, { ...row, last_heartbeat_at: last, lease_expires_at: lease });
  }
  for (const id of news.removed ?? []) rows.delete(id);
  return { rows, aheadMs: Date.parse(news.at) - nowMs, lostAt: null };
};

/** Those in trouble first, then by name. */
export const byUrgency = (a: FleetRow, b: FleetRow): number =>
  rankOf(a.status) - rankOf(b.status) || a.name.localeCompare(b.name);

const RANKS = ['failed', 'offline', 'degraded', 'provisioning', 'awaiting_agent'];
const rankOf = (status: string): number => (RANKS.indexOf(status) + RANKS.length + 1) % (RANKS.length + 1);
