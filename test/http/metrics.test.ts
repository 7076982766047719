import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

describe('GET /metrics', () => {
  it('is for the administrator, a viewer, and the token for metrics', async () => {
    const { token: viewer } = await server.viewer('prometheus');
    for (const token of ['admin-token', viewer, 'metrics-token']) {
      const { status, body, headers } = await server.send('GET', '/metrics', { token });
      expect([status, body]).toEqual([200, 'keepwell_ready 1\n']);
      expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    }
  });

  it('is not for the token of a workspace', async () => {
    const { token } = await server.external('curious');
    expect((await server.send('GET', '/metrics', { token })).status).toBe(403);
  });

  it('is the only thing that the token for metrics opens', async () => {
    for (const path of ['/workspaces', '/supervisor', '/events']) {
      expect((await server.send('GET', path, { token: 'metrics-token' })).status).toBe(401);
    }
  });

  it('asks nobody for a token where it is public', async () => {
    const metrics = { contentType: 'text/plain', text: async () => 'open', token: null, isPublic: true };
    const open = await openServer({ metrics });
    expect((await open.send('GET', '/metrics', { token: null })).body).toBe('open');
    await open.close();
  });
});
