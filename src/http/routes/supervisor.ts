import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { iso } from '../schemas/nullable.ts';
import { SupervisorWire } from '../schemas/supervisor.ts';

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
