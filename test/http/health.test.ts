import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

describe('a server', () => {
  it('lives even while it is not ready, and says what keeps it', async () => {
    server.memory.state.ready = false;
    server.memory.state.problems = ['The database cannot be written.', 'The restore is not done.'];
    expect((await server.send('GET', '/healthz', { token: null })).body).toEqual({ status: 'ok' });
    const { status, body, headers } = await server.send('GET', '/readyz', { token: null });
    expect([status, body.code, body.error, body.details.problems, headers.get('retry-after')]).toEqual([
      503,
      'NOT_READY',
      'The database cannot be written.',
      server.memory.state.problems,
      '2',
    ]);
    expect((await server.send('GET', '/health', { token: null })).body).toMatchObject({
      status: 'impaired',
      ready: false,
      problems: server.memory.state.problems,
    });
    server.memory.state.ready = true;
    server.memory.state.problems = [];
    expect((await server.send('GET', '/readyz', { token: null })).body).toEqual({ ready: true });
  });

  it('sums up how it is without naming a workspace', async () => {
    await server.external('unnamed');
    const { body } = await server.send('GET', '/health', { token: null });
    expect(body).toEqual({
      status: 'ok',
      ready: true,
      problems: [],
      notices: [],
      store: { writable: true, since: null, problem: null, pending: 0 },
      workspaces: { provisioning: 1 },
      last_seq: 1,
      started_at: '2026-01-02T03:04:00.000Z',
      uptime_seconds: 5,
      version: '1.2.3',
    });
  });

  it('says which build it is and what workspaces can be made from', async () => {
    expect((await server.send('GET', '/buildinfo')).body).toEqual({ name: 'keepwell', version: '1.2.3' });
    expect((await server.send('GET', '/templates')).body.items).toEqual([
      { name: 'coder', description: 'Writes code.', problem: null },
    ]);
  });
});

describe('the API document', () => {
  it('lists every registered route with its auth, its answers and its errors', async () => {
    const { status, body } = await server.send('GET', '/openapi.json', { token: null });
    expect([status, body.openapi, body.info.version]).toEqual([200, '3.1.0', '1.2.3']);
    const security: Record<string, string[]> = {
      public: [],
      admin: ['admin', 'session'],
      reader: ['admin', 'viewer', 'session'],
      workspace: ['admin', 'viewer', 'workspace', 'session'],
      scoped: ['admin', 'viewer', 'workspace', 'session'],
      agent: ['workspace'],
      relay: ['admin', 'relay', 'session'],
      metrics: ['admin', 'viewer', 'metrics', 'session'],
    };
    for (const { method, url, auth, hasBody } of server.routes) {
      if (method === 'HEAD') continue;
      const operation =
        body.paths[url.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{file}')]?.[method.toLowerCase()];
      const schemes = security[auth]?.filter((scheme) => method === 'GET' || scheme !== 'viewer');
      expect([method, url, operation?.security.flatMap(Object.keys)]).toEqual([method, url, schemes]);
      expect(operation.summary).toMatch(/\w/);
      expect(operation.responses['500'].content).toHaveProperty('application/problem+json');
      expect('400' in operation.responses || !hasBody).toBe(true);
      expect('401' in operation.responses).toBe(auth !== 'public' || `${method} ${url}` === 'POST /session');
      expect(Object.keys(operation.responses).some((code) => code.startsWith('2'))).toBe(true);
    }
    expect(JSON.stringify(body)).not.toContain('undefined');
  });

  it('names the codes of a route in words', async () => {
    const { body } = await server.send('GET', '/openapi.json');
    expect(body.paths['/registry/heartbeat'].post.responses['409'].description).toContain(
      'STALE_INCARNATION',
    );
    expect(body.paths['/workspaces/{id}'].get.responses['410'].description).toContain(
      'The workspace was removed.',
    );
  });
});
