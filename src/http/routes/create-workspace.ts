import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import { connectionOf } from '../connection-of.ts';
import type { HttpContext } from '../context.ts';
import { digestOf } from '../digest.ts';
import { etagOf } from '../if-match.ts';
import { readWanted } from '../read-wanted.ts';
import { DocumentBody } from '../schemas/spec.ts';
import { WorkspaceCreated } from '../schemas/workspace.ts';
import { detailOf } from '../wire/view.ts';

const Headers = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$', description: 'a repeated request creates nothing new' }),
  ),
});

/** The digest is kept, and from a digest a short secret could be guessed. */
const withoutValues = ({ secrets, ...body }: DocumentBody) =>
  secrets === undefined ? body : { ...body, secrets: Object.keys(secrets).toSorted() };

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
        errors: [
          'WORKSPACE_EXISTS',
          // An Idempotency-Key may be of one that is gone.
          'WORKSPACE_REMOVED',
          'IDEMPOTENCY_CONFLICT',
          'SECRET_NAME_INVALID',
          'STORE_UNWRITABLE',
          ...readWanted.errors,
        ],
      },
      schema: {
        summary: 'Creates a workspace and starts its agent',
        tags: ['workspaces'],
        headers: Headers,
        body: DocumentBody,
        response: { 201: WorkspaceCreated },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const { secrets, ...body } = request.body;
      const spec = await readWanted(context, body);
      const { view, authToken, replayed } = await supervisor.create(
        spec,
        key === undefined ? null : { key, digest: digestOf(withoutValues(request.body)) },
        secrets,
      );
      reply.code(201).header('location', `/workspaces/${view.id}`).header('etag', etagOf(view.generation));
      if (replayed) reply.header('idempotent-replayed', 'true');
      return {
        ...detailOf(view, { showEnv: true, policyDefaults }),
        auth_token: authToken,
        connection: connectionOf(view, authToken, request, context.publicUrl),
        replayed,
        hint: replayed ? REPLAYED : null,
      };
    },
  );
};
