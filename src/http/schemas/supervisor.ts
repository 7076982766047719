import { type Static, Type } from 'typebox';
import { AnyJson, Moment, Nullable } from './nullable.ts';

const Ms = Type.Number({ description: 'milliseconds' });

/** The supervisor at work. */
export const SupervisorWire = Type.Object({
  version: Type.String(),
  node: Nullable(Type.String()),
  started_at: Moment,
  uptime_seconds: Type.Number(),
  ready: Type.Boolean(),
  problems: Type.Array(Type.String()),
  loop: Type.Object({ lag_p50_ms: Ms, lag_p99_ms: Ms, lag_max_ms: Ms, window_seconds: Type.Number() }),
  memory: Type.Object({ rss_bytes: Type.Integer(), heap_used_bytes: Type.Integer() }),
  store: Type.Object({
    writable: Type.Boolean(),
    problem: Nullable(Type.String()),
    pending: Type.Integer(),
    wal_bytes: Type.Integer(),
    database_bytes: Type.Integer(),
    commit_p50_ms: Ms,
    commit_p99_ms: Ms,
    commits: Type.Integer({ description: 'since the start' }),
  }),
  workspaces: AnyJson<Record<string, number>>({ type: 'object', additionalProperties: { type: 'integer' } }),
  leases: Type.Object({ armed: Type.Integer(), next_at: Nullable(Moment) }),
  deadlines: Type.Object({
    armed: Type.Integer(),
    next: Type.Array(Type.Object({ workspace: Type.String(), name: Type.String(), at: Moment })),
  }),
  loops: Type.Array(
    Type.Object({
      name: Type.String(),
      every_seconds: Type.Number(),
      last_at: Nullable(Moment),
      next_at: Nullable(Moment),
      problem: Nullable(Type.String()),
    }),
  ),
  judgement: Type.Object({
    state: Type.String({ description: 'of the machine `supervisor`, e.g. `listening.steady`' }),
    held: Type.Boolean({ description: 'nobody is called silent now' }),
    since: Nullable(Moment),
    until: Nullable(Moment),
    reason: Nullable(Type.String()),
  }),
  streams: Type.Integer({ description: 'event and log streams that are open' }),
});
export type SupervisorWire = Static<typeof SupervisorWire>;
