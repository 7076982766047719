import type { FastifyRequest } from 'fastify';
import type { Identify } from './auth.ts';
import type { OpenStreams } from './open-streams.ts';
import type { HttpOptions } from './options.ts';

/** What every route is given. */
export type HttpContext = HttpOptions & { identify: Identify; streams: OpenStreams };

export const isAdmin = (request: FastifyRequest): boolean => request.identity?.kind === 'admin';

export const wantsEventStream = (request: FastifyRequest): boolean =>
  request.headers.accept?.includes('text/event-stream') ?? false;
