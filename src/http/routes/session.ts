import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { refuseForeign } from '../cross-origin.ts';
import { createGuessLimit } from '../guess-limit.ts';
import { sessionOf } from '../identify-request.ts';
import { iso } from '../schemas/nullable.ts';
import { SessionWire } from '../schemas/tokens.ts';
import { type Person, SESSION_COOKIE } from '../sessions.ts';
import { tellLockout } from '../tell-lockout.ts';

const COOKIE = { path: '/', httpOnly: true, sameSite: 'strict' } as const;

/** Signing in, for browsers: a token once, and from then on a cookie that no script can read. */
export const sessionRoutes = (app: HttpApp, context: HttpContext): void => {
  const { identify, sessions, now } = context;
  const guesses = createGuessLimit(now, tellLockout(context));

  const personOf = (token: string, address: string): Person => {
    const identity = identify(token);
    if (identity?.kind === 'admin' || identity?.kind === 'viewer') {
      guesses.right(address);
      return identity;
    }
    guesses.wrong(address);
    throw new KeepwellError('UNAUTHORIZED', {
      message: 'That token does not open this.',
      hint: 'Use the admin token, or a viewer token that was not revoked.',
    });
  };

  app.post(
    '/session',
    {
      config: { auth: 'public', errors: ['UNAUTHORIZED', 'CROSS_ORIGIN', 'TOO_MANY_TRIES'] },
      onRequest: refuseForeign,
      schema: {
        summary: 'Signs in, with the admin token or a viewer token',
        description: 'The answer sets a cookie that is good for 30 days.',
        tags: ['access'],
        body: Type.Object(
          { token: Type.String({ minLength: 1, maxLength: 1_000 }) },
          { additionalProperties: false },
        ),
        response: { 200: SessionWire },
      },
    },
    (request, reply) => {
      const waitSeconds = guesses.waitSeconds(request.ip);
      if (waitSeconds > 0) {
        reply.header('retry-after', waitSeconds);
        throw new KeepwellError('TOO_MANY_TRIES');
      }
      const session = sessions.begin(personOf(request.body.token.trim(), request.ip));
      request.identity = session.person;
      reply.setCookie(SESSION_COOKIE, sessions.write(session), {
        ...COOKIE,
        signed: true,
        secure: isEncrypted(request),
        maxAge: Math.floor((session.expiresAt - now()) / 1_000),
      });
      return sessionToWire(session.person, session.expiresAt);
    },
  );

  app.get(
    '/session',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Says who is signed in',
        tags: ['access'],
        response: { 200: SessionWire },
      },
    },
    (request) => sessionToWire(request.identity as Person, sessionOf(request, sessions)?.expiresAt ?? null),
  );

  app.delete(
    '/session',
    {
      config: { auth: 'public', errors: ['CROSS_ORIGIN'] },
      onRequest: refuseForeign,
      schema: {
        summary: 'Signs out',
        tags: ['access'],
        response: { 204: Type.Null() },
      },
    },
    (request, reply) => {
      reply.clearCookie(SESSION_COOKIE, { ...COOKIE, secure: isEncrypted(request) }).code(204);
      return null;
    },
  );
};

const sessionToWire = (person: Person, expiresAt: number | null): Static<typeof SessionWire> => ({
  role: person.kind,
  name: person.kind === 'viewer' ? person.name : null,
  expires_at: iso(expiresAt),
});

/** Of a proxy that ends TLS we hear by its header, or by what the browser calls our origin. */
const isEncrypted = ({ protocol, headers }: FastifyRequest): boolean =>
  protocol === 'https' ||
  String(headers['x-forwarded-proto'] ?? '').startsWith('https') ||
  (headers.origin?.startsWith('https://') ?? false);
