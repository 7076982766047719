import fc from 'fast-check';
import { BROKEN_TEXTS, broken } from './broken.ts';
import type { Operation } from './document.ts';
import { ofSchema } from './of-schema.ts';

export type FuzzRequest = {
  operation: Operation;
  /** Not always that of the operation. */
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
};

/** What is there: names that make a request reach something. */
export type World = {
  admin: string;
  agent: { id: string; token: string };
  workspaces: string[];
  plugins: string[];
};

const ODD_STEPS = [
  '%00',
  '%zz',
  '..%2f..',
  '😀',
  '__proto__',
  'x'.repeat(600),
  '%20',
  'a%3Fb',
  '0',
  '-1',
  '*',
];
const ODD_TEXTS = [
  '',
  'true',
  '-1',
  '1e400',
  '0.5',
  '99999999999999999999',
  '%00',
  '😀',
  'null',
  "' OR 1=1 --",
];
const OTHER_METHODS = ['OPTIONS', 'PUT', 'PATCH', 'DELETE', 'POST', 'QUERY', 'PROPFIND'];
const TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/xml',
  'multipart/form-data',
  'x',
];

/** Requests of an operation: three of four as its schemas want them, the others wrong in one way. */
export const requestsOf = (operation: Operation, world: World): fc.Arbitrary<FuzzRequest> => {
  const isAgents = /^\/registry\/(heartbeat|register|update-card)$/.test(operation.path);
  const token = isAgents ? world.agent.token : world.admin;
  const good = fc.record({
    path: pathsOf(operation, world),
    query: queryOf(operation, false),
    ifMatch: fc.constantFrom(undefined, undefined, '"1"', '*'),
    body: operation.body === null ? fc.constant(undefined) : ofSchema(operation.body),
  });
  const text = (body: unknown) => (body === undefined ? undefined : JSON.stringify(tamed(body, world)));
  const base = good.map(
    ({ path, query, ifMatch, body }): FuzzRequest => ({
      operation,
      method: operation.method,
      path: path + query,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      body: text(body),
    }),
  );
  const wrong: fc.Arbitrary<FuzzRequest>[] = [
    fc.tuple(base, queryOf(operation, true)).map(([one, query]) => ({
      ...one,
      path: (one.path.split('?')[0] ?? '') + query,
    })),
    fc.tuple(base, oddPathsOf(operation)).map(([one, path]) => ({ ...one, path })),
    fc.tuple(base, fc.constantFrom(...OTHER_METHODS)).map(([one, method]) => ({ ...one, method })),
    fc
      .tuple(
        base,
        fc.constantFrom(undefined, 'Bearer wrong', 'Basic YTpi', 'Bearer ', `Bearer ${'x'.repeat(5_000)}`),
      )
      .map(([one, authorization]) => {
        const { authorization: _, ...headers } = one.headers;
        return { ...one, headers: authorization === undefined ? headers : { ...headers, authorization } };
      }),
    ...(operation.method === 'GET' || operation.method === 'HEAD'
      ? []
      : [
          fc
            .tuple(base, broken(operation.body === null ? fc.constant({}) : ofSchema(operation.body)))
            .map(([one, body]) => withBody(one, text(body) ?? 'null', 'application/json')),
          fc
            .tuple(base, fc.constantFrom(...BROKEN_TEXTS))
            .map(([one, body]) => withBody(one, body, 'application/json')),
          fc
            .tuple(base, fc.constantFrom(...TYPES))
            .map(([one, type]) => withBody(one, one.body ?? '{}', type)),
        ]),
  ];
  return fc.oneof(
    { arbitrary: base, weight: 3 * wrong.length },
    ...wrong.map((arbitrary) => ({ arbitrary, weight: 1 })),
  );
};

const withBody = (one: FuzzRequest, body: string, type: string): FuzzRequest => ({
  ...one,
  body,
  headers: { ...one.headers, 'content-type': type },
});

const pathsOf = ({ path, method }: Operation, world: World): fc.Arbitrary<string> => {
  // What is removed is gone: the fixed workspaces are only there to be looked at and changed.
  const isRemoval = method === 'DELETE' && path === '/workspaces/{id}';
  const ids = isRemoval ? ['fuzzed', 'demo', 'reviewer'] : [...world.workspaces, 'fuzzed', 'demo', 'nobody'];
  const steps = path.split('/').map((step): fc.Arbitrary<string> => {
    if (!step.startsWith('{')) return fc.constant(step);
    if (step === '{id}') return fc.constantFrom(...ids);
    return fc.oneof(fc.constantFrom(...world.plugins), fc.stringMatching(/^[^.][^]{0,20}$/).map(encode));
  });
  return fc.tuple(...steps).map((parts) => parts.join('/'));
};

const oddPathsOf = ({ path }: Operation): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...path
        .split('/')
        .map((step) => (step.startsWith('{') ? fc.constantFrom(...ODD_STEPS) : fc.constant(step))),
    )
    .map((parts) => parts.join('/'));

const queryOf = ({ parameters }: Operation, isOdd: boolean): fc.Arbitrary<string> => {
  const asked = parameters.filter((one) => one.in === 'query');
  const values = asked.map(({ schema }) => (isOdd ? fc.constantFrom(...ODD_TEXTS) : ofSchema(schema)));
  const present = fc.array(fc.boolean(), { minLength: asked.length, maxLength: asked.length });
  return fc.tuple(fc.tuple(...values), present, fc.boolean()).map(([given, chosen, hasMore]) => {
    const pairs = asked.flatMap(({ name }, index) =>
      chosen[index] === true ? [given[index]].flat().map((value) => `${name}=${encode(value)}`) : [],
    );
    if (isOdd && hasMore) pairs.push('unknown=1', '__proto__=1');
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  });
};

/** A lone surrogate has no UTF-8. */
const encode = (value: unknown): string => encodeURIComponent(String(value).toWellFormed());

/** A made-up command could be one that exists, so what is run does nothing; and not too much is to be started. */
const tamed = (body: unknown, world: World): unknown => {
  if (typeof body !== 'object' || body === null) return body;
  if (Array.isArray(body)) return body.map((each) => tamed(each, world));
  const known = body as Record<string, unknown>;
  const { command, runtime, template, name, workspace_id: agent } = known;
  return {
    ...Object.fromEntries(Object.entries(known).map(([key, value]) => [key, tamed(value, world)])),
    ...(Array.isArray(command) && command.length > 0 ? { command: ['true', ...command.slice(1)] } : {}),
    ...(typeof runtime === 'string' ? { runtime: 'external' } : {}),
    ...(typeof template === 'string' && name !== 'demo' ? { template: null } : {}),
    ...(typeof agent === 'string' ? { workspace_id: world.agent.id } : {}),
  };
};
