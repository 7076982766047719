import { once } from 'node:events';
import type { FastifyReply } from 'fastify';
import { API_SECURITY } from './security-headers.ts';

/** An answer that goes on. `write` resolves once the client has room for more; false when the stream is over. */
export type OpenStream = {
  readonly signal: AbortSignal;
  write(chunk: string): Promise<boolean>;
  end(): void;
};

const CHECK_EVERY_MS = 15_000;
/** A client that takes nothing for so long is gone. */
const STALLED_FOR_MS = 60_000;
const LET_FINISH_MS = 1_000;

/**
 * The answers that are still going on, so that a closing server can end them.
 *
 * Nothing is buffered for a client beyond the socket's own window: whoever writes waits.
 */
export const createOpenStreams = () => {
  const open = new Set<OpenStream>();
  return {
    /**
     * Takes an answer over from Fastify and sends its head.
     *
     * @param options.keepAlive Sends an event-stream comment every 15 s while nothing else is sent.
     * @param options.isAllowed Asked every 15 s; the stream ends when it says no.
     */
    open(
      reply: FastifyReply,
      options: { contentType: string; keepAlive: boolean; isAllowed(): boolean },
    ): OpenStream {
      const response = reply.raw;
      const over = new AbortController();
      let isStalled = false;
      let isQuiet = true;

      const stream: OpenStream = {
        signal: over.signal,
        async write(chunk) {
          if (over.signal.aborted) return false;
          isQuiet = false;
          if (response.write(chunk)) return true;
          isStalled = true;
          const tooLong = setTimeout(() => response.destroy(), STALLED_FOR_MS);
          // Rejects when the client goes away, which `signal` says too.
          await once(response, 'drain', { signal: over.signal }).catch(() => null);
          clearTimeout(tooLong);
          isStalled = false;
          return !over.signal.aborted;
        },
        end() {
          if (response.writableEnded) return;
          over.abort();
          response.end();
          setTimeout(() => response.destroy(), LET_FINISH_MS).unref();
        },
      };

      const check = setInterval(() => {
        if (!options.isAllowed()) stream.end();
        else if (options.keepAlive && isQuiet && !isStalled) response.write(': keep-alive\n\n');
        isQuiet = true;
      }, CHECK_EVERY_MS);
      check.unref();
      response.on('error', () => response.destroy());
      response.once('close', () => {
        clearInterval(check);
        open.delete(stream);
        over.abort();
      });

      open.add(stream);
      reply.hijack();
      response.writeHead(200, {
        'content-type': options.contentType,
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-request-id': reply.request.id,
        ...API_SECURITY,
        // Lets a closing server be done with the connection once the stream is.
        connection: 'close',
      });
      response.flushHeaders();
      return stream;
    },
    count: (): number => open.size,
    endAll() {
      for (const stream of open) stream.end();
    },
  };
};

export type OpenStreams = ReturnType<typeof createOpenStreams>;
