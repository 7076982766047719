import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import { type HttpContext, wantsEventStream } from '../context.ts';
import type { OpenStream } from '../open-streams.ts';
import { WorkspaceParams } from '../schemas/params.ts';

const DEFAULT_TAIL = 100;

/** GET /workspaces/:id/logs: what an instance printed, and with `follow` what it prints. */
export const logsRoute = (app: HttpApp, context: HttpContext): void => {
  const { supervisor, streams, identifyRequest, logger } = context;
  app.get(
    '/workspaces/:id/logs',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: "Shows or follows the instance's output",
        description: 'Plain text, or one event per line with `Accept: text/event-stream`.',
        tags: ['operating'],
        params: WorkspaceParams,
        querystring: Type.Object(
          {
            tail: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, default: DEFAULT_TAIL })),
            follow: Type.Optional(Type.Boolean()),
          },
          { additionalProperties: false },
        ),
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => {
      const { tail = DEFAULT_TAIL, follow = false } = request.query;
      const { id } = supervisor.view(request.params.id);
      const asEvents = wantsEventStream(request);
      const gone = new AbortController();
      const open = (): OpenStream => {
        const stream = streams.open(reply, {
          contentType: asEvents ? 'text/event-stream; charset=utf-8' : 'text/plain; charset=utf-8',
          keepAlive: asEvents,
          isAllowed: () => identifyRequest(request) !== null,
        });
        stream.signal.addEventListener('abort', () => gone.abort(), { once: true });
        return stream;
      };
      // Without `follow` the head waits for the first line, so that what goes wrong before it is told as an error.
      let stream = follow ? open() : null;
      try {
        for await (const line of supervisor.logs(id, { tail, follow, signal: gone.signal })) {
          stream ??= open();
          if (!(await stream.write(asEvents ? toEvent(line) : `${line}\n`))) break;
        }
      } catch (error) {
        if (stream === null) throw error;
        if (logger !== false && !gone.signal.aborted) {
          logger.error({ requestId: request.id, err: error }, 'A log stream broke off.');
        }
      }
      (stream ?? open()).end();
      return reply;
    },
  );
};

/** A carriage return would end the field, so what it parts becomes several lines of one event. */
const toEvent = (line: string): string => `data: ${line.replaceAll('\r', '\ndata: ')}\n\n`;
