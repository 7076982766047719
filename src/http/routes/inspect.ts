import { Type } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import { bearerToken } from '../bearer-token.ts';
import type { HttpContext } from '../context.ts';
import { followInspected } from '../inspector/follow-inspected.ts';

/** An inspector that does not read is let go rather than buffered for. */
const MOST_BUFFERED = 8 * 2 ** 20;

const Query = Type.Object(
  {
    token: Type.Optional(
      Type.String({ maxLength: 200, description: 'a viewer token, for tools that can send no header' }),
    ),
    workspace: Type.Optional(Type.String({ description: 'id or name; default: everybody' })),
  },
  { additionalProperties: false },
);

/**
 * GET /inspect: a WebSocket that speaks the protocol of `@statelyai/inspect`. Registered only where `inspect` is set.
 *
 * Cookies do not count here: any page can open a WebSocket.
 */
export const inspectRoute = (app: HttpApp, { supervisor, identify, now }: HttpContext): void => {
  app.get(
    '/inspect',
    {
      websocket: true,
      config: { auth: 'public', errors: ['UNAUTHORIZED', 'FORBIDDEN', 'WORKSPACE_NOT_FOUND'] },
      schema: {
        summary: 'Lets Stately Inspector watch (WebSocket)',
        tags: ['watching'],
        querystring: Query,
        response: { 200: { content: { 'application/json': { schema: Type.String() } } } },
      },
      preHandler: (request, _reply, done) => {
        const { token, workspace } = request.query;
        const bearer = bearerToken(request.headers.authorization);
        const person = identify(bearer ?? token ?? '');
        if (person === null) return done(new KeepwellError('UNAUTHORIZED'));
        // What stands in an address is soon in a log: the key to everything has no place there.
        const isFit = person.kind === 'viewer' || (person.kind === 'admin' && bearer !== null);
        if (!isFit) return done(new KeepwellError('FORBIDDEN'));
        try {
          if (workspace !== undefined) supervisor.view(workspace);
          done();
        } catch (error) {
          done(error as Error);
        }
      },
    },
    (socket, request) => {
      const { workspace } = request.query;
      const key = workspace === undefined ? null : supervisor.view(workspace).id;
      const stop = followInspected(supervisor, key, now, (message) => {
        if (socket.bufferedAmount > MOST_BUFFERED) socket.terminate();
        else socket.send(JSON.stringify(message));
      });
      socket.on('close', stop);
      socket.on('error', () => socket.terminate());
    },
  );
};
