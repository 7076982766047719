import type { FastifyRequest } from 'fastify';
import type { Identity } from '../supervisor/api.ts';
import { bearerToken } from './bearer-token.ts';
import type { Identify } from './identify.ts';
import { SESSION_COOKIE, type Session, type Sessions } from './sessions.ts';

export type IdentifyRequest = (request: FastifyRequest) => Identity | null;

/** Whom a request comes from: by its bearer token, and only without one by its session cookie. */
export const createIdentifyRequest =
  (identify: Identify, sessions: Sessions): IdentifyRequest =>
  (request) => {
    const token = bearerToken(request.headers.authorization);
    return token === null ? (sessionOf(request, sessions)?.person ?? null) : identify(token);
  };

/** The session by which a request is known, or null; asked again later, it may have ended meanwhile. */
export const sessionOf = (request: FastifyRequest, sessions: Sessions): Session | null => {
  const cookie = request.cookies[SESSION_COOKIE];
  if (cookie === undefined || bearerToken(request.headers.authorization) !== null) return null;
  const { valid, value } = request.unsignCookie(cookie);
  return valid ? sessions.read(value) : null;
};
