import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { followWorkspace } from '../follow-workspace.ts';
import { openEventStream } from '../open-event-stream.ts';
import { MomentWire } from '../schemas/moment.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { momentToWire } from '../wire/moment.ts';

const At = Type.Object(
  {
    at: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'sequence number of a row of the journal; without it: now',
      }),
    ),
  },
  { additionalProperties: false },
);

/** What a workspace is or was like, live or at any row of its journal, and the way there as a test. */
export const momentRoutes = (app: HttpApp, context: HttpContext): void => {
  const { supervisor, writePathTest } = context;
  app.get(
    '/workspaces/:id/machine',
    {
      config: { auth: 'workspace', errors: ['MOMENT_NOT_KNOWN'] },
      schema: {
        summary: 'Says where a workspace is in its machine, or was at a moment',
        description: 'The names of states and edges are those of GET /machines/:name/chart.',
        tags: ['watching'],
        params: WorkspaceParams,
        querystring: At,
        response: { 200: MomentWire },
      },
    },
    (request) => momentToWire(supervisor.moment(request.params.id, request.query.at ?? null)),
  );

  app.get(
    '/workspaces/:id/machine/test',
    {
      config: { auth: 'workspace', errors: ['MOMENT_NOT_KNOWN'] },
      schema: {
        summary: 'Writes the way to a moment as a test for vitest',
        tags: ['watching'],
        params: WorkspaceParams,
        querystring: At,
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    (request, reply) => {
      void reply.type('text/plain; charset=utf-8');
      return writePathTest(supervisor.path(request.params.id, request.query.at ?? null));
    },
  );

  app.get(
    '/workspaces/:id/live',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Follows a workspace',
        description:
          'Server-sent events: `moment` like GET …/machine at once and after every change, `journal` a row (its `id` ' +
          'is the sequence number; rows after `Last-Event-ID` come first), `beat` what the last beat said.',
        tags: ['watching'],
        params: WorkspaceParams,
        response: { 200: { content: { 'text/event-stream': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => {
      const { id } = supervisor.view(request.params.id);
      await openEventStream(context, request, reply, (stream, after) =>
        followWorkspace(supervisor, id, after === null ? null : Number(after), stream),
      );
    },
  );
};
