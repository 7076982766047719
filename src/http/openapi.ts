import type { SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger';
import { describeError, type ErrorCode } from '../errors.ts';
import type { RouteAuth } from './app.ts';
import { SESSION_COOKIE } from './sessions.ts';

const PROBLEM = 'application/problem+json';
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
  const { auth = 'admin', errors = [], alsoStreams = false } = route.config ?? {};
  const isReading = [route.method].flat().every((method) => method === 'GET' || method === 'HEAD');
  const schemes = SECURITY[auth].filter((scheme) => isReading || scheme !== 'viewer');
  const hasInput = [schema?.body, schema?.querystring, schema?.headers].some((part) => part !== undefined);
  const hasPlaces = /[:*]/.test(url);
  const isPage = schema?.tags?.includes('page') ?? false;
  const codes: ErrorCode[] = [
    ...(hasInput || hasPlaces || isPage ? (['BAD_REQUEST'] as const) : []),
    // A body is read, and may be refused, also where none is asked for.
    ...(isReading ? [] : (['BAD_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const)),
    ...TOKEN_ERRORS[auth],
    ...(schemes.includes('session') && !isReading ? (['CROSS_ORIGIN'] as const) : []),
    ...(hasPlaces ? (['ROUTE_NOT_FOUND'] as const) : []),
    ...(url.includes('/:id') ? (['WORKSPACE_NOT_FOUND', 'WORKSPACE_REMOVED'] as const) : []),
    ...(isPage || auth === 'agent' ? [] : (['TOO_MANY_REQUESTS'] as const)),
    ...(auth === 'public' ? [] : (['NOT_READY'] as const)),
    ...errors,
    'INTERNAL',
  ];
  const answers = schema?.response as Record<string, object> | undefined;
  const documented = {
    ...schema,
    security: schemes.map((scheme) => ({ [scheme]: [] })),
    response: {
      ...answers,
      ...(alsoStreams && answers?.['200'] ? { 200: pagedOrStreamed(answers['200']) } : {}),
      ...responsesFor([...new Set(codes)]),
    },
  };
  // A template of the standard has no `*`.
  return { schema: documented, url: url.replace('*', ':file') };
};

const pagedOrStreamed = (page: object) => ({
  description: 'A page, or the stream that was accepted.',
  content: {
    'application/json': { schema: page },
    'text/event-stream': { schema: { type: 'string' } },
  },
});

const responsesFor = (codes: ErrorCode[]) => {
  const byStatus = Object.groupBy(codes.map(describeError), ({ status }) => String(status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, errors = []]) => [
      status,
      {
        description: errors.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
        headers: ERROR_HEADERS[status] ?? {},
        content: { [PROBLEM]: { schema: Problem } },
      },
    ]),
  );
};

const WAIT = {
  'retry-after': { type: 'integer', description: 'seconds after which asking again makes sense' },
};
const ERROR_HEADERS: Record<string, object> = {
  401: { 'www-authenticate': { type: 'string' } },
  429: WAIT,
  503: WAIT,
};

/** Names each operation after its method and path, and says once what a problem looks like. */
const transformObject: SwaggerTransformObject = (given) => {
  const { components, paths, ...document } = (given as { openapiObject: Document }).openapiObject;
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      // GET and HEAD of one route share what was made of it.
      item[method] = { ...operation, operationId: operationIdOf(method, path) };
      for (const { content } of Object.values(operation.responses)) {
        if (content?.[PROBLEM] !== undefined) content[PROBLEM] = { schema: PROBLEM_REF };
      }
    }
  }
  return { ...document, components: { ...components, schemas: { ...components.schemas, Problem } }, paths };
};

type Operation = { operationId?: string; responses: Record<string, { content?: Record<string, object> }> };
type Document = {
  components: { schemas?: object };
  paths: Record<string, Record<string, Operation>>;
};

const PROBLEM_REF = { $ref: '#/components/schemas/Problem' };

/** `get`, `/workspaces/{id}/plugins/plan` is `getWorkspacesByIdPluginsPlan`. */
const operationIdOf = (method: string, path: string): string => {
  const steps = path.split('/').map((step) => (step.startsWith('{') ? `By-${step}` : step));
  const words = steps.flatMap((step) => step.split(/[^A-Za-z0-9]+/)).filter((word) => word !== '');
  return method + (words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('') || 'Page');
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
  transformObject,
});
