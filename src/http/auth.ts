import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { KeepwellError } from '../errors.ts';
import type { Identity, Supervisor } from '../supervisor/api.ts';
import type { RouteAuth } from './app.ts';
import { bearerToken } from './bearer-token.ts';
import { isReading } from './cross-origin.ts';
import { sha256 } from './identify.ts';
import type { IdentifyRequest } from './identify-request.ts';
import type { Lockout } from './lockout.ts';
import type { HttpOptions } from './options.ts';

/** What has to pass before a route's body is even read; null for routes that need no such thing. */
export const createGuards = (
  supervisor: Supervisor,
  identifyRequest: IdentifyRequest,
  metrics: HttpOptions['metrics'],
  lockout: Lockout,
): Record<RouteAuth, onRequestHookHandler | null> => {
  const guard =
    (permits: (identity: Identity, request: FastifyRequest) => boolean): onRequestHookHandler =>
    (request, _reply, done) => {
      const identity = identifyRequest(request);
      const token = bearerToken(request.headers.authorization);
      const refusal =
        token === null ? null : judge(supervisor, lockout, { address: request.ip, token, identity });
      if (refusal !== null) return done(refusal);
      if (identity === null) return done(unauthorized(supervisor, token));
      // Known also to those who write down what was refused.
      request.identity = identity;
      if (!permits(identity, request)) return done(forbidden(identity));
      done();
    };
  const reader = guard(({ kind }) => kind === 'admin' || kind === 'viewer');
  return {
    public: null,
    agent: null,
    relay: guard(({ kind }) => kind === 'admin' || kind === 'relay'),
    admin: guard((identity) => identity.kind === 'admin'),
    reader,
    scoped: guard(({ kind }, request) => kind !== 'relay' && (kind !== 'viewer' || isReading(request))),
    metrics: metrics?.isPublic ? null : openedBy(metrics?.token ?? null, reader),
    workspace: guard((identity, request) => {
      if (identity.kind === 'admin') return true;
      if (identity.kind === 'viewer') return isReading(request);
      if (identity.kind === 'relay') return false;
      return isOwn(supervisor, identity.workspaceId, (request.params as { id: string }).id);
    }),
  };
};

/** Lets whoever has this one token in, and leaves everybody else to another guard. */
const openedBy =
  (token: string | null, otherwise: onRequestHookHandler): onRequestHookHandler =>
  (request, reply, done) => {
    const given = bearerToken(request.headers.authorization);
    if (token !== null && given !== null && timingSafeEqual(sha256(given), sha256(token))) return done();
    return otherwise.call(request.server, request, reply, done);
  };

/** Why a token is not even looked at, or null. One that was replaced is out of date, and no guess. */
export const judge = (
  supervisor: Supervisor,
  lockout: Lockout,
  { address, token, identity }: { address: string; token: string; identity: Identity | null },
): KeepwellError | null =>
  identity === null && supervisor.expiredAt(token) !== null ? null : lockout.judge(address, token, identity);

/** Why a token, or none, does not open anything. */
export const unauthorized = (supervisor: Supervisor, token: string | null): KeepwellError => {
  const expiredAt = token === null ? null : supervisor.expiredAt(token);
  if (expiredAt === null) return new KeepwellError('UNAUTHORIZED');
  return new KeepwellError('TOKEN_EXPIRED', { details: { expired_at: new Date(expiredAt).toISOString() } });
};

/** Why somebody who is known may not do that. */
export const forbidden = ({ kind }: Identity): KeepwellError => {
  if (kind === 'viewer') {
    return new KeepwellError('FORBIDDEN', {
      message: 'A viewer token lets you look, and change nothing.',
      hint: 'Use the admin token for that.',
    });
  }
  if (kind === 'relay') {
    return new KeepwellError('FORBIDDEN', {
      message: 'A relay token is good for handing on beats, and for nothing else.',
      hint: 'POST /registry/heartbeats takes it; use the admin token for anything else.',
    });
  }
  return new KeepwellError('FORBIDDEN');
};

/** Whether an id or a name means the workspace of that id. What does not exist is nobody's. */
export const isOwn = (supervisor: Supervisor, workspaceId: string, key: string): boolean => {
  if (key === workspaceId) return true;
  try {
    return supervisor.view(key).id === workspaceId;
  } catch (error) {
    if (error instanceof KeepwellError) return false;
    throw error;
  }
};
