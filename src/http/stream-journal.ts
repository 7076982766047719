import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpContext } from './context.ts';
import { followJournal } from './follow-journal.ts';
import { invalid } from './issues.ts';

/**
 * Answers with the journal as an event stream.
 *
 * Resolves when the stream is over. Begins after `Last-Event-ID`, else after `after`, else with what happens from now on.
 */
export const streamJournal = (
  { supervisor, streams, identifyRequest, logger }: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { workspaceId, after }: { workspaceId: string | null; after: number | undefined },
): Promise<void> => {
  const position = lastEventId(request) ?? after ?? supervisor.lastSeq();
  const stream = streams.open(reply, {
    contentType: 'text/event-stream; charset=utf-8',
    keepAlive: true,
    isAllowed: () => identifyRequest(request) !== null,
  });
  return followJournal(supervisor, workspaceId, position, stream).catch((error: unknown) => {
    if (logger !== false) logger.error({ requestId: request.id, err: error }, 'An event stream broke off.');
  });
};

const lastEventId = (request: FastifyRequest): number | null => {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return null;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw invalid([{ path: 'headers.last-event-id', message: 'must be the id of an event' }]);
};
