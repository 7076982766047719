import { Type } from 'typebox';
import { PUBLIC_STATUSES } from '../../../machines/workspace/types.ts';
import type { HttpApp } from '../app.ts';
import { type HttpContext, isAdmin } from '../context.ts';
import { etagOf } from '../if-match.ts';
import { DEFAULT_LIMIT, nameCursor, pageOf, pageQuery, parseNameCursor } from '../paging.ts';
import { Words } from '../schemas/nullable.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { WorkspaceDetail, WorkspacePage } from '../schemas/workspace.ts';
import { detailOf, summaryOf } from '../wire/view.ts';

/** Listing, showing and removing workspaces. */
export const workspaceRoutes = (app: HttpApp, { supervisor, policyDefaults }: HttpContext): void => {
  app.get(
    '/workspaces',
    {
      config: { auth: 'scoped' },
      schema: {
        summary: 'Lists workspaces by name',
        description: 'The token of a workspace lists that workspace only.',
        tags: ['workspaces'],
        querystring: Type.Object(
          { ...pageQuery, status: Type.Optional(Words(PUBLIC_STATUSES)) },
          { additionalProperties: false },
        ),
        response: { 200: WorkspacePage },
      },
    },
    (request) => {
      const { limit = DEFAULT_LIMIT, cursor, status } = request.query;
      const { identity } = request;
      if (identity?.kind === 'workspace') {
        const own = supervisor.view(identity.workspaceId);
        return {
          items: status === undefined || status === own.status ? [summaryOf(own)] : [],
          next_cursor: null,
        };
      }
      const after = parseNameCursor(cursor);
      const page = pageOf(
        limit,
        (count) => supervisor.list({ after, limit: count, status: status ?? null }),
        ({ spec }) => nameCursor(spec.name),
      );
      return { ...page, items: page.items.map(summaryOf) };
    },
  );

  app.get(
    '/workspaces/:id',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Shows a workspace',
        tags: ['workspaces'],
        params: WorkspaceParams,
        response: { 200: WorkspaceDetail },
      },
    },
    (request, reply) => {
      const view = supervisor.view(request.params.id);
      reply.header('etag', etagOf(view.generation));
      return detailOf(view, { showEnv: isAdmin(request), policyDefaults });
    },
  );

  app.delete(
    '/workspaces/:id',
    {
      config: { auth: 'admin', errors: ['STORE_UNWRITABLE'] },
      schema: {
        summary: 'Removes a workspace for good',
        tags: ['workspaces'],
        params: WorkspaceParams,
        querystring: Type.Object(
          { purge: Type.Optional(Type.Boolean({ description: 'deletes its files too' })) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ status: Type.Literal('removed'), id: Type.String() }) },
      },
    },
    async (request) => {
      const { id } = supervisor.view(request.params.id);
      await supervisor.remove(id, { purge: request.query.purge ?? false });
      return { status: 'removed' as const, id };
    },
  );
};
