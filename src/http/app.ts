import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ErrorCode } from '../errors.ts';
import type { Identity } from '../supervisor/api.ts';

/**
 * Who may call a route.
 *
 * `reader`: the administrator, or a viewer. `workspace`: the administrator, or the token of the workspace that `:id`
 * names. `scoped`: any token; the handler shows a workspace its own things only. Of these two, a viewer may call what
 * only reads. `agent`: the handler holds the token against the id in the body. `relay`: the administrator, or a relay.
 * `metrics`: a reader, or who has the token for metrics; everybody where they are public.
 */
export type RouteAuth =
  | 'public'
  | 'admin'
  | 'reader'
  | 'workspace'
  | 'scoped'
  | 'agent'
  | 'relay'
  | 'metrics';

declare module 'fastify' {
  interface FastifyContextConfig {
    auth?: RouteAuth;
    /** Codes this route may answer beside those that its auth and its inputs imply; for the documentation. */
    errors?: readonly ErrorCode[];
    /** The same answer can be had as an event stream; for the documentation. */
    alsoStreams?: boolean;
  }
  interface FastifyRequest {
    identity: Identity | null;
  }
}

export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
