import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type KeepwellClient } from '../../src/client/index.ts';
import { openServer, type TestServer } from '../http/support.ts';

const KEY = 'a-key';
const NAME = 'a-name';
const first = (stream: AsyncGenerator) => stream.next();

/** Each operation of the document, and the method that asks for it with all that can be asked for. */
const CALLS: Record<string, (client: KeepwellClient) => Promise<unknown>> = {
  'DELETE /secrets/{name}': (c) => c.secrets.remove(NAME),
  'DELETE /session': (c) => c.session.end(),
  'DELETE /tokens/{token_id}': (c) => c.tokens.revoke(NAME),
  'DELETE /workspaces/{id}': (c) => c.workspaces.remove(KEY, { purge: true }),
  'DELETE /workspaces/{id}/plugins/{name}': (c) =>
    c.workspaces.plugins.remove(KEY, NAME, { ifGeneration: 3 }),
  'DELETE /workspaces/{id}/secrets/{name}': (c) => c.workspaces.secrets.remove(KEY, NAME),
  'GET /audit': (c) =>
    c.audit({ limit: 1, cursor: '9', who: 'admin', workspace: KEY, since: '1h', refused: true }),
  'GET /backtest': (c) => c.backtest({ offline_after: '60s', since: '1d', workspace: [KEY], limit: 1 }),
  'GET /buildinfo': (c) => c.buildInfo(),
  'GET /events': (c) => c.journal({ limit: 1, cursor: '9', after: 1, order: 'asc', workspace: KEY }),
  'GET /fleet': (c) => first(c.fleet()),
  'GET /health': (c) => c.health(),
  'GET /healthz': (c) => c.alive(),
  'GET /machines': (c) => c.machines.list(),
  'GET /machines/{name}': (c) => c.machines.write(NAME, { format: 'svg' }),
  'GET /machines/{name}/chart': (c) => c.machines.chart(NAME),
  'GET /metrics': (c) => c.metrics(),
  'GET /notify': (c) => c.notify.get(),
  'GET /openapi.json': (c) => c.openapi(),
  'GET /plugins': (c) => c.plugins.registry(),
  'GET /plugins/outdated': (c) => c.plugins.outdated(),
  'GET /plugins/sources': (c) => c.plugins.sources(),
  'GET /readyz': (c) => c.ready(),
  'GET /secrets': (c) => c.secrets.list(),
  'GET /session': (c) => c.session.get(),
  'GET /supervisor': (c) => c.supervisor(),
  'GET /templates': (c) => c.templates.list(),
  'GET /templates/{name}': (c) => c.templates.get(NAME, { refresh: true }),
  'GET /tokens': (c) => c.tokens.list(),
  'GET /workspaces': (c) => c.workspaces.list({ status: 'online', limit: 1, cursor: 'YQ' }),
  'GET /workspaces/{id}': (c) => c.workspaces.get(KEY),
  'GET /workspaces/{id}/connection': (c) => c.workspaces.connection(KEY),
  'GET /workspaces/{id}/history': (c) =>
    c.workspaces.history(KEY, { limit: 1, cursor: '9', after: 1, order: 'asc' }),
  'GET /workspaces/{id}/live': (c) => first(c.workspaces.live(KEY)),
  'GET /workspaces/{id}/logs': (c) => first(c.workspaces.followLogs(KEY, { tail: 5 })),
  'GET /workspaces/{id}/machine': (c) => c.workspaces.machine(KEY, { at: 1 }),
  'GET /workspaces/{id}/machine/test': (c) => c.workspaces.machineTest(KEY, { at: 1 }),
  'GET /workspaces/{id}/plugins': (c) => c.workspaces.plugins.list(KEY),
  'GET /workspaces/{id}/plugins/declared': (c) => c.workspaces.plugins.declared(KEY),
  'GET /workspaces/{id}/plugins/history': (c) => c.workspaces.plugins.history(KEY),
  'GET /workspaces/{id}/plugins/lock': (c) => c.workspaces.plugins.lock(KEY),
  'GET /workspaces/{id}/plugins/plan': (c) => c.workspaces.plugins.plan(KEY, { refresh: true }),
  'GET /workspaces/{id}/plugins/{name}/download': (c) =>
    c.workspaces.plugins.download(KEY, NAME, { ifNoneMatch: 'ff' }),
  'GET /workspaces/{id}/secrets': (c) => c.workspaces.secrets.list(KEY),
  'GET /workspaces/{id}/why': (c) => c.workspaces.why(KEY),
  'HEAD /workspaces/{id}/plugins/{name}/download': (c) => c.workspaces.plugins.downloadHash(KEY, NAME),
  'PATCH /workspaces/{id}': (c) => c.workspaces.patch(KEY, { role: null }, { ifGeneration: 3 }),
  'POST /apply': (c) => c.apply({ set: 'a', documents: [] }),
  'POST /notify/retry': (c) => c.notify.retry({ id: 'a' }),
  'POST /notify/test': (c) => c.notify.test('a'),
  'POST /plan': (c) => c.plan({ name: 'a' }),
  'POST /plugins/update': (c) => c.plugins.updateAll(),
  'POST /registry/heartbeat': (c) => c.agent.heartbeat({ workspace_id: KEY }),
  'POST /registry/heartbeats': (c) => c.agent.heartbeats([{ workspace_id: KEY }]),
  'POST /registry/register': (c) => c.agent.register({ id: KEY, url: 'http://here' }),
  'POST /registry/update-card': (c) => c.agent.updateCard({ workspace_id: KEY, agent_card: {} }),
  'POST /secrets/rotate-key': (c) => c.secrets.rotateKey(),
  'POST /session': (c) => c.session.begin('a'),
  'POST /tokens': (c) => c.tokens.create({ name: 'a', role: 'relay' }),
  'POST /workspaces': (c) => c.workspaces.create({ name: 'a' }, { idempotencyKey: 'once' }),
  'POST /workspaces/{id}/hibernate': (c) => c.workspaces.hibernate(KEY),
  'POST /workspaces/{id}/misbehave': (c) => c.workspaces.misbehave(KEY, 'crash'),
  'POST /workspaces/{id}/pause': (c) => c.workspaces.pause(KEY),
  'POST /workspaces/{id}/plugin-install-report': (c) =>
    c.workspaces.plugins.report(KEY, { generation: 1, plugins: [] }),
  'POST /workspaces/{id}/plugins': (c) => c.workspaces.plugins.add(KEY, 'local://a', { ifGeneration: 3 }),
  'POST /workspaces/{id}/plugins/rollback': (c) => c.workspaces.plugins.rollback(KEY, { to: 1 }),
  'POST /workspaces/{id}/plugins/update': (c) => c.workspaces.plugins.update(KEY, { plugins: ['a'] }),
  'POST /workspaces/{id}/plugins/{name}/dismiss': (c) => c.workspaces.plugins.dismiss(KEY, NAME),
  'POST /workspaces/{id}/plugins/{name}/release': (c) => c.workspaces.plugins.release(KEY, NAME),
  'POST /workspaces/{id}/reconcile': (c) => c.workspaces.reconcile(KEY),
  'POST /workspaces/{id}/restart': (c) => c.workspaces.restart(KEY),
  'POST /workspaces/{id}/resume': (c) => c.workspaces.resume(KEY),
  'POST /workspaces/{id}/retry': (c) => c.workspaces.retry(KEY),
  'POST /workspaces/{id}/token/rotate': (c) => c.workspaces.rotateToken(KEY, { overlap: '1h' }),
  'POST /workspaces/{id}/wake': (c) => c.workspaces.wake(KEY, { wait: '30s' }),
  'PUT /secrets': (c) => c.secrets.set({ A: '1' }),
  'PUT /workspaces/{id}/plugins/declared': (c) =>
    c.workspaces.plugins.declare(KEY, { plugins: [] }, { ifGeneration: 3 }),
  'PUT /workspaces/{id}/secrets': (c) => c.workspaces.secrets.set(KEY, { A: null }),
};

type Operation = { tags: string[]; parameters?: { in: string; name: string }[]; requestBody?: object };
type Seen = { method: string; path: string; query: string[]; headers: string[]; hasBody: boolean };

let server: TestServer;
let operations: Map<string, Operation>;

beforeAll(async () => {
  server = await openServer();
  const { body } = await server.send('GET', '/openapi.json');
  const paths = body.paths as Record<string, Record<string, Operation>>;
  operations = new Map(
    Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { tags }]) => !tags.includes('page'))
        .map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    ),
  );
});
afterAll(() => server.close());

/** The request that a call makes; its answer is a stream of one event, which passes for JSON nowhere. */
const requestOf = async (call: (client: KeepwellClient) => Promise<unknown>): Promise<Seen> => {
  const seen: Seen[] = [];
  const record: typeof fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    seen.push({
      method: init.method ?? 'GET',
      path: url.pathname,
      query: [...new Set(url.searchParams.keys())].sort(),
      headers: Object.keys(init.headers ?? {}),
      hasBody: init.body !== undefined,
    });
    const isStream = (init.headers as Record<string, string>).accept === 'text/event-stream';
    return new Response(isStream ? 'data: {}\n\n' : '{}', { status: 200 });
  };
  await call(createClient({ url: 'http://nobody', fetch: record }));
  expect(seen.length).toBe(1);
  return seen[0] as Seen;
};

const namesIn = ({ parameters = [] }: Operation, place: string): string[] =>
  parameters
    .filter((each) => each.in === place)
    .map(({ name }) => name)
    .sort();

describe('the client', () => {
  it('has a method for every operation of the document, and none for anything else', () => {
    expect(Object.keys(CALLS).sort()).toEqual([...operations.keys()].sort());
  });

  it.each(Object.entries(CALLS))('asks for %s as the document has it', async (place, call) => {
    const operation = operations.get(place) as Operation;
    const { method, path, query, headers, hasBody } = await requestOf(call);
    const [, template = ''] = place.split(' ');
    const filled = template.replace('{id}', KEY).replace('{name}', NAME).replace('{token_id}', NAME);
    expect([method, path]).toEqual([place.split(' ')[0], filled]);
    // A call of one page and the same as a stream ask for the same place.
    expect(query).toEqual(namesIn(operation, 'query'));
    expect(hasBody).toBe(operation.requestBody !== undefined);
    const missing = namesIn(operation, 'header').filter((name) => !headers.includes(name));
    expect(method === 'HEAD' || place.endsWith('/chart') ? [] : missing).toEqual([]);
  });
});
