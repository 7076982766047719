import type { SwaggerTransform } from '@fastify/swagger';
import { describeError, type ErrorCode } from '../errors.ts';
import type { RouteAuth } from './app.ts';
import { SESSION_COOKIE } from './sessions.ts';

const Problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'error', 'code', 'hint'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    error: { type: 'string', description: 'what went wrong, one sentence' },
    code: { type: 'string', description: 'for programs' },
    hint: { type: 'string', description: 'what to do next' },
    details: { description: 'for wrong input: a list of `path` and `message`' },
  },
};

type Scheme = 'admin' | 'viewer' | 'workspace' | 'relay' | 'session' | 'metrics';
const SECURITY: Record<RouteAuth, Scheme[]> = {
  public: [],
  admin: ['admin', 'session'],
  reader: ['admin', 'viewer', 'session'],
  workspace: ['admin', 'viewer', 'workspace', 'session'],
  scoped: ['admin', 'viewer', 'workspace', 'session'],
  agent: ['workspace'],
  relay: ['admin', 'relay', 'session'],
  metrics: ['admin', 'viewer', 'metrics', 'session'],
};

const TOKEN_ERRORS: Record<RouteAuth, ErrorCode[]> = {
  public: [],
  admin: ['UNAUTHORIZED', 'FORBIDDEN', 'TOO_MANY_TRIES'],
  reader: ['UNAUTHORIZED', 'FORBIDDEN', 'TOO_MANY_TRIES'],
  workspace: ['UNAUTHORIZED', 'TOKEN_EXPIRED', 'FORBIDDEN', 'TOO_MANY_TRIES'],
  scoped: ['UNAUTHORIZED', 'TOKEN_EXPIRED', 'FORBIDDEN', 'TOO_MANY_TRIES'],
  agent: ['UNAUTHORIZED', 'TOKEN_EXPIRED', 'FORBIDDEN', 'TOO_MANY_TRIES'],
  relay: ['UNAUTHORIZED', 'FORBIDDEN', 'TOO_MANY_TRIES'],
  metrics: ['UNAUTHORIZED', 'FORBIDDEN', 'TOO_MANY_TRIES'],
};

/** Adds to each route what its `config` implies: who may call it, and every error it can answer. */
const transform: SwaggerTransform = ({ schema, url, route }) => {
  const { auth = 'admin', errors = [] } = route.config ?? {};
  const isReading = [route.method].flat().every((method) => method === 'GET' || method === 'HEAD');
  const schemes = SECURITY[auth].filter((scheme) => isReading || scheme !== 'viewer');
  const hasBody = schema?.body !== undefined;
  const hasInput = hasBody || schema?.querystring !== undefined || schema?.headers !== undefined;
  const codes: ErrorCode[] = [
    ...(hasInput ? (['BAD_REQUEST'] as const) : []),
    ...(hasBody ? (['BAD_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const) : []),
    ...TOKEN_ERRORS[auth],
    ...(schemes.includes('session') && !isReading ? (['CROSS_ORIGIN'] as const) : []),
    ...(url.includes('/:id') ? (['WORKSPACE_NOT_FOUND', 'WORKSPACE_REMOVED'] as const) : []),
    ...(auth === 'public' ? [] : (['NOT_READY'] as const)),
    ...errors,
    'INTERNAL',
  ];
  const documented = {
    ...schema,
    security: schemes.map((scheme) => ({ [scheme]: [] })),
    response: { ...(schema?.response as object | undefined), ...responsesFor([...new Set(codes)]) },
  };
  return { schema: documented, url };
};

const responsesFor = (codes: ErrorCode[]) => {
  const byStatus = Object.groupBy(codes.map(describeError), ({ status }) => String(status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, errors = []]) => [
      status,
      {
        description: errors.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
        content: { 'application/problem+json': { schema: Problem } },
      },
    ]),
  );
};

const bearer = (description: string) => ({ type: 'http' as const, scheme: 'bearer', description });

/** How the document is made. */
export const openapiOptions = (version: string) => ({
  openapi: {
    openapi: '3.1.0',
    info: { title: 'Keepwell', version, description: 'Supervises agent workspaces.' },
    components: {
      securitySchemes: {
        admin: bearer('The token of the administrator.'),
        viewer: bearer('A viewer token: for looking, and for changing nothing.'),
        relay: bearer('A relay token: for handing on the beats of many agents.'),
        workspace: bearer('The token of one workspace, good for that workspace only.'),
        metrics: bearer('The setting `metrics_token`: for metrics, and for nothing else.'),
        session: {
          type: 'apiKey' as const,
          in: 'cookie',
          name: SESSION_COOKIE,
          description: 'What POST /session sets. Changes have to come from a page of this server.',
        },
      },
    },
  },
  transform,
});
