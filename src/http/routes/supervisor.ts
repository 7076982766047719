import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { AnyJson, iso, Moment, Nullable } from '../schemas/nullable.ts';

const Ms = Type.Number({ description: 'milliseconds' });

const SupervisorWire = Type.Object({
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

/** GET /supervisor: how the supervisor itself is. */
export const supervisorRoute = (app: HttpApp, context: HttpContext): void => {
  const { supervisor, build, now, vitals, streams } = context;
  app.get(
    '/supervisor',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Shows the supervisor at work',
        tags: ['watching'],
        response: { 200: SupervisorWire },
      },
    },
    () => {
      const { ready, problems, store, workspaces, startedAt } = supervisor.health();
      const { leases, deadlines, loops, judgement } = supervisor.inside();
      const { loop, memory, commits } = vitals();
      return {
        version: build.version,
        node: build.node ?? null,
        started_at: iso(startedAt),
        uptime_seconds: Math.max(0, Math.round((now() - startedAt) / 1_000)),
        ready,
        problems,
        loop: {
          lag_p50_ms: loop.p50Ms,
          lag_p99_ms: loop.p99Ms,
          lag_max_ms: loop.maxMs,
          window_seconds: loop.windowMs / 1_000,
        },
        memory: { rss_bytes: memory.rssBytes, heap_used_bytes: memory.heapUsedBytes },
        store: {
          writable: store.writable,
          problem: store.problem,
          pending: store.pending,
          wal_bytes: commits.walBytes,
          database_bytes: commits.databaseBytes,
          commit_p50_ms: commits.p50Ms,
          commit_p99_ms: commits.p99Ms,
          commits: commits.count,
        },
        workspaces,
        leases: { armed: leases.armed, next_at: iso(leases.nextAt) },
        deadlines: {
          armed: deadlines.armed,
          next: deadlines.next.map((one) => ({ ...one, at: iso(one.at) })),
        },
        loops: loops.map(({ name, everyMs, lastAt, nextAt, problem }) => ({
          name,
          every_seconds: everyMs / 1_000,
          last_at: iso(lastAt),
          next_at: iso(nextAt),
          problem,
        })),
        judgement: {
          state: judgement.state,
          held: judgement.held,
          since: iso(judgement.since),
          until: iso(judgement.until),
          reason: judgement.reason,
        },
        streams: streams.count(),
      };
    },
  );
};
