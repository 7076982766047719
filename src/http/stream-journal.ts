import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpContext } from './context.ts';
import { followJournal } from './follow-journal.ts';
import { invalid } from './issues.ts';
import { openEventStream } from './open-event-stream.ts';

/**
 * Answers with the journal as an event stream.
 *
 * Resolves when the stream is over. Begins after `Last-Event-ID`, else after `after`, else with what happens from now on.
 */
export const streamJournal = (
  context: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { workspaceId, after }: { workspaceId: string | null; after: number | undefined },
): Promise<void> => {
  const { supervisor } = context;
  const position = lastEventId(request) ?? after ?? supervisor.lastSeq();
  return openEventStream(context, request, reply, (stream) =>
    followJournal(supervisor, workspaceId, position, stream),
  );
};

const lastEventId = (request: FastifyRequest): number | null => {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return null;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw invalid([{ path: 'headers.last-event-id', message: 'must be the id of an event' }]);
};
