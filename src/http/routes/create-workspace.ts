import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { WorkspaceView } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { digestOf } from '../digest.ts';
import { etagOf } from '../if-match.ts';
import { readWanted } from '../read-wanted.ts';
import { SpecBody } from '../schemas/spec.ts';
import { WorkspaceCreated } from '../schemas/workspace.ts';
import { detailOf } from '../wire/view.ts';

const Headers = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$', description: 'a repeated request creates nothing new' }),
  ),
});

const REPLAYED =
  'This workspace was created by an earlier request; its token was shown then and is kept by nobody.';

/** POST /workspaces: nothing is started before the new workspace is on disk. */
export const createWorkspaceRoute = (app: HttpApp, context: HttpContext): void => {
  const { supervisor, policyDefaults } = context;
  app.post(
    '/workspaces',
    {
      config: {
        auth: 'admin',
        errors: ['WORKSPACE_EXISTS', 'IDEMPOTENCY_CONFLICT', 'STORE_UNWRITABLE', ...readWanted.errors],
      },
      schema: {
        summary: 'Creates a workspace and starts its agent',
        tags: ['workspaces'],
        headers: Headers,
        body: SpecBody,
        response: { 201: WorkspaceCreated },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const spec = await readWanted(context, request.body);
      const { view, authToken, replayed } = await supervisor.create(
        spec,
        key === undefined ? null : { key, digest: digestOf(request.body) },
      );
      reply.code(201).header('location', `/workspaces/${view.id}`).header('etag', etagOf(view.generation));
      if (replayed) reply.header('idempotent-replayed', 'true');
      return {
        ...detailOf(view, { showEnv: true, policyDefaults }),
        auth_token: authToken,
        connection: connectionOf(view, authToken, context.publicUrl ?? addressOf(request)),
        replayed,
        hint: replayed ? REPLAYED : null,
      };
    },
  );
};

const connectionOf = ({ id, spec }: WorkspaceView, authToken: string | null, url: string) => {
  if (spec.runtime !== 'external') return null;
  const token = authToken === null ? {} : { KEEPWELL_TOKEN: authToken };
  return { url, workspace_id: id, env: { KEEPWELL_URL: url, KEEPWELL_WORKSPACE_ID: id, ...token } };
};

/** The address this request was sent to, which is one that reaches us. */
const addressOf = (request: FastifyRequest): string => `${request.protocol}://${request.host}`;
