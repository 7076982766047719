import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
let agent: { id: string; token: string };
let viewer: { id: string; token: string };

beforeAll(async () => {
  server = await openServer();
  agent = await server.external('agent', { env: { API_KEY: 'hush' }, plugins: ['lint'] });
  viewer = await server.viewer('anna');
});
afterAll(() => server.close());

const isReading = (method: string) => method === 'GET' || method === 'HEAD';
const pathOf = (url: string) =>
  url.replace(':id', agent.id).replace(':name', 'lint').replace(':token_id', viewer.id);
const look = (method: string, path: string, body?: unknown) =>
  server.send(method, path, { token: viewer.token, body });

/** What a viewer gets, but for streams, which have no end. */
const readJson = async (path: string): Promise<{ status: number; text: string }> => {
  const gone = new AbortController();
  const response = await fetch(server.url + path, {
    headers: { authorization: `Bearer ${viewer.token}` },
    signal: gone.signal,
  });
  const isWhole = response.headers.get('content-type') !== 'text/event-stream; charset=utf-8';
  const text = isWhole ? await response.text() : '';
  gone.abort();
  return { status: response.status, text };
};

describe('a viewer', () => {
  it('is refused every change, and told whose token it takes', async () => {
    const before = server.memory.snapshot();
    const changing = server.routes.filter(({ method, auth }) => !isReading(method) && auth !== 'public');
    expect(changing.length).toBeGreaterThan(20);
    // What an agent says is read before it is known who says it, so it has to be right.
    const said: Record<string, object> = {
      '/registry/heartbeat': { workspace_id: agent.id },
      '/registry/register': { id: agent.id },
      '/registry/update-card': { workspace_id: agent.id, agent_card: {} },
      '/workspaces/:id/plugin-install-report': { generation: 1, plugins: [] },
    };
    for (const { method, url } of changing) {
      const { status, body } = await look(method, pathOf(url), said[url]);
      expect([method, url, status, body.code, body.hint]).toEqual([
        method,
        url,
        403,
        'FORBIDDEN',
        'Use the admin token for that.',
      ]);
    }
    expect(server.memory.snapshot()).toBe(before);
  });

  it('is refused what only the administrator may see', async () => {
    const secret = server.routes.filter(({ method, auth }) => isReading(method) && auth === 'admin');
    expect(secret.map(({ url }) => url).toSorted()).toEqual([
      '/audit',
      '/secrets',
      '/tokens',
      '/workspaces/:id/secrets',
    ]);
    for (const { method, url } of secret) {
      expect([url, (await look(method, pathOf(url))).status]).toEqual([url, 403]);
    }
  });

  it('sees everything else, and nowhere the values of an environment, or a token', async () => {
    const readable = server.routes.filter(
      ({ method, auth }) => method === 'GET' && auth !== 'admin' && auth !== 'public',
    );
    expect(readable.length).toBeGreaterThan(12);
    for (const { spec } of server.memory.views.values()) server.memory.state.heard[spec.name] = { beats: 2 };
    for (const { url } of readable) {
      const { status, text } = await readJson(pathOf(url));
      // Nothing is named `lint` everywhere, and that there is no such thing is an answer too.
      expect([url, [200, 404]]).toEqual([url, expect.arrayContaining([status])]);
      for (const hidden of ['hush', agent.token, viewer.token]) expect(text).not.toContain(hidden);
    }
    const { body } = await look('GET', '/templates/coder');
    expect(body.name).toBe('coder');
    const { body: shown } = await look('GET', `/workspaces/${agent.id}`);
    expect(shown.spec.env).toEqual({ API_KEY: null });
  });

  it('lists all workspaces and reads the journal of all', async () => {
    await server.external('other');
    const names = (await look('GET', '/workspaces')).body.items.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['agent', 'other']);
    const rows = (await look('GET', '/events')).body.items as { workspace_id: string }[];
    expect(new Set(rows.map((row) => row.workspace_id)).size).toBe(2);
    expect((await look('GET', '/events?workspace=other')).body.items).toHaveLength(1);
  });
});

describe('what is for readers', () => {
  it('is refused to the token of a workspace', async () => {
    const forReaders = server.routes.filter(({ auth }) => auth === 'reader');
    expect(forReaders.length).toBeGreaterThan(4);
    for (const { method, url } of forReaders) {
      const { status } = await server.send(method, pathOf(url), { token: agent.token });
      expect([url, status]).toEqual([url, 403]);
    }
  });
});

describe('viewer tokens', () => {
  it('are listed without what opens anything, and shown once', async () => {
    const { status, body } = await server.send('POST', '/tokens', { body: { name: 'ben', role: 'viewer' } });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      name: 'ben',
      role: 'viewer',
      token: expect.stringMatching(/^kwv_/),
      created_at: '2026-01-02T03:04:05.000Z',
    });
    const { token, ...rest } = body;
    const listed = (await server.send('GET', '/tokens')).body;
    expect(listed.items).toContainEqual(rest);
    expect(JSON.stringify(listed)).not.toContain(token);
  });

  it('are worth nothing once they are revoked, and their name is free again', async () => {
    const { id, token } = await server.viewer('cleo');
    expect((await server.send('POST', '/tokens', { body: { name: 'cleo' } })).body.code).toBe('TOKEN_EXISTS');
    expect((await server.send('GET', '/workspaces', { token })).status).toBe(200);
    expect((await server.send('DELETE', `/tokens/${id}`)).status).toBe(204);
    expect((await server.send('GET', '/workspaces', { token })).status).toBe(401);
    expect((await server.send('DELETE', `/tokens/${id}`)).body.code).toBe('TOKEN_NOT_FOUND');
    expect((await server.send('POST', '/tokens', { body: { name: 'cleo' } })).status).toBe(201);
  });

  it.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: '-x' }, 'name'],
    [{ name: 'two words' }, 'name'],
    [{ name: 'a\n' }, 'name'],
    [{ name: 'a'.repeat(64) }, 'name'],
    [{ name: 'dan', role: 'admin' }, 'role'],
  ])('cannot be asked for with %j', async (body, path) => {
    const answer = await server.send('POST', '/tokens', { body });
    expect([answer.status, answer.body.details[0].path]).toEqual([400, path]);
  });
});
