import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import { type HttpContext, wantsEventStream } from '../context.ts';
import { journalPage, journalQuery } from '../journal-page.ts';
import { journalScope } from '../journal-scope.ts';
import { JournalPage } from '../schemas/journal.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { streamJournal } from '../stream-journal.ts';

/** GET /workspaces/:id/history: the journal of one workspace, also after it was removed. */
export const historyRoute = (app: HttpApp, context: HttpContext): void => {
  app.get(
    '/workspaces/:id/history',
    {
      config: { auth: 'workspace', alsoStreams: true },
      schema: {
        summary: 'Reads what happened to a workspace',
        description:
          'Newest first by default. With `Accept: text/event-stream` it is followed like GET /events.',
        tags: ['journal'],
        params: WorkspaceParams,
        querystring: Type.Object(journalQuery('desc'), { additionalProperties: false }),
        response: { 200: JournalPage },
      },
    },
    (request, reply) => {
      const { order = 'desc', after } = request.query;
      const workspaceId = journalScope(context.supervisor, request.identity, request.params.id);
      if (wantsEventStream(request)) return streamJournal(context, request, reply, { workspaceId, after });
      return journalPage(context.supervisor, workspaceId, request.query, order);
    },
  );
};
