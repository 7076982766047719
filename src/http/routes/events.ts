import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import { type HttpContext, wantsEventStream } from '../context.ts';
import { journalPage, journalQuery } from '../journal-page.ts';
import { journalScope } from '../journal-scope.ts';
import { JournalPage } from '../schemas/journal.ts';
import { streamJournal } from '../stream-journal.ts';

/** GET /events: the journal of everybody, as pages or as it is written. */
export const eventsRoute = (app: HttpApp, context: HttpContext): void => {
  app.get(
    '/events',
    {
      config: { auth: 'scoped', errors: ['WORKSPACE_NOT_FOUND'], alsoStreams: true },
      schema: {
        summary: 'Reads or follows the journal',
        description:
          'Oldest first by default. With `Accept: text/event-stream` it goes on as rows are written: `id` is the ' +
          'sequence number, `event` the event, `data` one row; it begins after `Last-Event-ID`, else after `after`, ' +
          'else with what happens from now on. The token of a workspace reads that workspace only.',
        tags: ['journal'],
        querystring: Type.Object(
          { ...journalQuery('asc'), workspace: Type.Optional(Type.String({ description: 'id or name' })) },
          { additionalProperties: false },
        ),
        response: { 200: JournalPage },
      },
    },
    (request, reply) => {
      const { workspace, order = 'asc', after } = request.query;
      const workspaceId = journalScope(context.supervisor, request.identity, workspace);
      if (wantsEventStream(request)) return streamJournal(context, request, reply, { workspaceId, after });
      return journalPage(context.supervisor, workspaceId, request.query, order);
    },
  );
};
