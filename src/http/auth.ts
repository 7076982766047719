import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { KeepwellError } from '../errors.ts';
import type { Identity, Supervisor } from '../supervisor/api.ts';
import type { RouteAuth } from './app.ts';

export type Identify = (token: string) => Identity | null;

/** Whom a token stands for: what the supervisor says, or the administrator's token given at start. */
export const createIdentify = (supervisor: Supervisor, adminToken: string | null): Identify => {
  const admin = adminToken === null ? null : sha256(adminToken);
  return (token) => {
    const known = supervisor.identify(token);
    if (known !== null || admin === null) return known;
    return timingSafeEqual(sha256(token), admin) ? { kind: 'admin' } : null;
  };
};

/** The token of `Authorization: Bearer …`, or null. */
export const bearerToken = (header: string | undefined): string | null => {
  if (header === undefined || header.length < 8 || header.length > 1_024) return null;
  if (header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  return header.slice(7).trim() || null;
};

/** What has to pass before a route's body is even read; null for routes that need no such thing. */
export const createGuards = (
  supervisor: Supervisor,
  identify: Identify,
): Record<RouteAuth, onRequestHookHandler | null> => {
  const guard =
    (permits: (identity: Identity, request: FastifyRequest) => boolean): onRequestHookHandler =>
    (request, _reply, done) => {
      const token = bearerToken(request.headers.authorization);
      const identity = token === null ? null : identify(token);
      if (identity === null) return done(new KeepwellError('UNAUTHORIZED'));
      if (!permits(identity, request)) return done(new KeepwellError('FORBIDDEN'));
      request.identity = identity;
      done();
    };
  return {
    public: null,
    agent: null,
    admin: guard((identity) => identity.kind === 'admin'),
    scoped: guard(() => true),
    workspace: guard(
      (identity, request) =>
        identity.kind === 'admin' ||
        isOwn(supervisor, identity.workspaceId, (request.params as { id: string }).id),
    ),
  };
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

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
