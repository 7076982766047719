import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { followFleet } from '../follow-fleet.ts';
import { openEventStream } from '../open-event-stream.ts';

/** GET /fleet: every workspace, and then whatever changes. */
export const fleetRoute = (app: HttpApp, context: HttpContext): void => {
  app.get(
    '/fleet',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Follows every workspace',
        description:
          'Server-sent events, one a second at most: `fleet` with every row first, then `changes` with the rows that ' +
          'are others now, the beats of the rest and who was removed; an empty one every 5 s. `Last-Event-ID` goes on ' +
          'with changes.',
        tags: ['watching'],
        response: { 200: { content: { 'text/event-stream': { schema: Type.String() } } } },
      },
    },
    (request, reply) =>
      openEventStream(context, request, reply, (stream, mark) =>
        followFleet(context.supervisor, mark, stream),
      ),
  );
};
