import type { FastifyRequest } from 'fastify';
import type { Identify } from './identify.ts';
import type { IdentifyRequest } from './identify-request.ts';
import type { Lockout } from './lockout.ts';
import type { OpenStreams } from './open-streams.ts';
import type { HttpOptions } from './options.ts';
import type { Sessions } from './sessions.ts';

/** What every route is given. */
export type HttpContext = HttpOptions & {
  /** By the token that an agent sends, or that somebody signs in with. */
  identify: Identify;
  /** By what a request brings along. */
  identifyRequest: IdentifyRequest;
  sessions: Sessions;
  lockout: Lockout;
  streams: OpenStreams;
};

export const isAdmin = (request: FastifyRequest): boolean => request.identity?.kind === 'admin';

export const wantsEventStream = (request: FastifyRequest): boolean =>
  request.headers.accept?.includes('text/event-stream') ?? false;
