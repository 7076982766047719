import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpContext } from './context.ts';
import type { OpenStream } from './open-streams.ts';

/**
 * Answers with server-sent events, as long as whoever asked may read them.
 *
 * `follow` is given what the client says it saw last, and writes until the stream is over. Resolves then.
 */
export const openEventStream = async (
  { streams, identifyRequest, logger }: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  follow: (stream: OpenStream, lastEventId: string | null) => Promise<void>,
): Promise<void> => {
  const header = request.headers['last-event-id'];
  const stream = streams.open(reply, {
    contentType: 'text/event-stream; charset=utf-8',
    keepAlive: true,
    isAllowed: () => identifyRequest(request) !== null,
  });
  try {
    await follow(stream, typeof header === 'string' && header !== '' ? header : null);
  } catch (error) {
    if (logger !== false) logger.error({ requestId: request.id, err: error }, 'An event stream broke off.');
  } finally {
    stream.end();
  }
};

/** One server-sent event. */
export const sse = (event: string, data: unknown, id?: string | number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
