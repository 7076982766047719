import { Type } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { HealthWire } from '../schemas/health.ts';
import { AnyJson, iso } from '../schemas/nullable.ts';

/** What monitors ask. None of it needs a token, and none of it names a workspace. */
export const healthRoutes = (app: HttpApp, { supervisor, build, now }: HttpContext): void => {
  app.get(
    '/healthz',
    {
      config: { auth: 'public' },
      exposeHeadRoute: true,
      schema: {
        summary: 'Says that the process lives',
        tags: ['health'],
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      config: { auth: 'public', errors: ['NOT_READY'] },
      exposeHeadRoute: true,
      schema: {
        summary: 'Says whether it can work, and if not, why',
        tags: ['health'],
        response: { 200: Type.Object({ ready: Type.Literal(true) }) },
      },
    },
    () => {
      const { ready, problems } = supervisor.health();
      if (ready) return { ready: true as const };
      const message = problems[0];
      throw new KeepwellError('NOT_READY', {
        ...(message === undefined ? {} : { message }),
        details: { problems },
      });
    },
  );

  app.get(
    '/health',
    {
      config: { auth: 'public' },
      schema: { summary: 'Sums up how it is', tags: ['health'], response: { 200: HealthWire } },
    },
    () => {
      const { ready, problems, notices, store, workspaces, startedAt } = supervisor.health();
      return {
        status: ready && problems.length === 0 ? ('ok' as const) : ('impaired' as const),
        ready,
        problems,
        notices,
        store: { ...store, since: iso(store.since) },
        workspaces,
        last_seq: supervisor.lastSeq(),
        started_at: iso(startedAt),
        uptime_seconds: Math.max(0, Math.round((now() - startedAt) / 1_000)),
        version: build.version,
      };
    },
  );

  app.get(
    '/buildinfo',
    {
      config: { auth: 'public' },
      schema: {
        summary: 'Says which build this is',
        tags: ['health'],
        response: {
          200: AnyJson<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } }),
        },
      },
    },
    () => ({ name: 'keepwell', ...build }),
  );
};
