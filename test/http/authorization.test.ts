import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePathTest } from '../../src/testing/write-path-test.ts';
import { ADMIN, openServer, type TestServer } from './support.ts';
import { calmVitals } from './vitals.ts';

let server: TestServer;
let own: { id: string; token: string };
let other: { id: string; token: string };

beforeAll(async () => {
  server = await openServer();
  own = await server.external('own');
  other = await server.external('other');
});
afterAll(() => server.close());

const PATH_VALUES = { name: 'lint' };
/** An answer to HEAD has no body to say more in. */
const codeOf = (method: string, code: string) => (method === 'HEAD' ? undefined : code);
/** What is public and not answered with 200: no token to sign in with, nothing to show, and no page that is built. */
const OTHER_STATUS: Record<string, number> = {
  'POST /session': 400,
  'DELETE /session': 204,
  ...Object.fromEntries(
    ['/', '/favicon.svg', '/assets/*'].flatMap((url) => [
      [`GET ${url}`, 503],
      [`HEAD ${url}`, 503],
    ]),
  ),
};
const pathOf = (url: string, id: string) => url.replace(':id', id).replace(':name', PATH_VALUES.name);

describe('every registered route', () => {
  it('says who may call it', () => {
    expect(server.routes.length).toBeGreaterThan(30);
    expect(server.routes.map(({ auth }) => auth)).not.toContain('undefined');
  });

  it('cannot be registered without saying so', async () => {
    const { createHttpServer } = await import('../../src/http/server.ts');
    const { DEFAULT_POLICY } = await import('../../machines/workspace/policy.ts');
    const app = createHttpServer({
      supervisor: server.memory.supervisor,
      logger: false,
      adminToken: null,
      sessionKey: Buffer.alloc(32),
      uiFolder: null,
      build: { version: '0' },
      parseDeclaration: () => ({ name: 'x', source: 'local://x' }),
      checkAllowed: () => undefined,
      loadTemplate: async () => ({}),
      now: () => 0,
      enrolment: 'closed',
      policyDefaults: DEFAULT_POLICY,
      vitals: calmVitals,
      writePathTest,
    });
    expect(() => app.get('/secret', () => 'open')).toThrow('/secret does not say who may call it');
    await app.close();
  });

  it('answers 401 without a token and with a wrong one, unless it is public, and changes nothing', async () => {
    const before = server.memory.snapshot();
    for (const { method, url, auth } of server.routes) {
      if (auth === 'public' || auth === 'agent') continue;
      for (const token of [null, 'wrong', `${ADMIN}x`]) {
        const { status, body } = await server.send(method, pathOf(url, own.id), { token });
        expect([method, url, status, body.code]).toEqual([method, url, 401, codeOf(method, 'UNAUTHORIZED')]);
      }
    }
    expect(server.memory.snapshot()).toBe(before);
  });

  it('answers 403 to the token of another workspace, by id, by name and for unknown ones', async () => {
    const before = server.memory.snapshot();
    for (const { method, url, auth } of server.routes) {
      if (auth !== 'workspace') continue;
      for (const key of [own.id, 'own', 'no-such-thing']) {
        const { status, body } = await server.send(method, pathOf(url, key), { token: other.token });
        expect([method, url, key, status, body.code]).toEqual([
          method,
          url,
          key,
          403,
          codeOf(method, 'FORBIDDEN'),
        ]);
      }
    }
    expect(server.memory.snapshot()).toBe(before);
  });

  it('answers 403 to the token of a workspace where the administrator is asked for', async () => {
    const before = server.memory.snapshot();
    for (const { method, url, auth } of server.routes) {
      if (auth !== 'admin') continue;
      const { status } = await server.send(method, pathOf(url, own.id), { token: own.token });
      expect([method, url, status]).toEqual([method, url, 403]);
    }
    expect(server.memory.snapshot()).toBe(before);
  });

  it('answers an administrator 404 for a workspace that does not exist, when its input is right', async () => {
    const bodies: Record<string, unknown> = {
      PUT: { plugins: [] },
      PATCH: {},
      POST: { source: 'local://x' },
    };
    for (const { method, url } of server.routes) {
      if (!url.includes(':id')) continue;
      const body = url.endsWith('/plugin-install-report')
        ? { generation: 1, plugins: [] }
        : url.endsWith('/misbehave')
          ? { how: null }
          : /\/(rollback|update|rotate)$/.test(url)
            ? {}
            : method === 'PUT' && url.endsWith('/secrets')
              ? { values: { NAME: 'value' } }
              : bodies[method];
      const answer = await server.send(method, pathOf(url, 'nobody'), body === undefined ? {} : { body });
      expect([method, url, answer.status, answer.body.code]).toEqual([
        method,
        url,
        404,
        codeOf(method, 'WORKSPACE_NOT_FOUND'),
      ]);
    }
  });

  it('answers without a token where it is public', async () => {
    for (const { method, url, auth } of server.routes) {
      if (auth !== 'public') continue;
      const { status } = await server.send(method, url, { token: null });
      expect([method, url, status]).toEqual([method, url, OTHER_STATUS[`${method} ${url}`] ?? 200]);
    }
  });
});

describe('the token of a workspace', () => {
  it('opens its own workspace by id and by name, without the values of its environment', async () => {
    const { id, token } = await server.external('with-env', { env: { API_KEY: 'hush' } });
    for (const key of [id, 'with-env']) {
      const { status, body } = await server.send('GET', `/workspaces/${key}`, { token });
      expect(status).toBe(200);
      expect(body.spec.env).toEqual({ API_KEY: null });
      expect(JSON.stringify(body)).not.toContain('hush');
    }
    expect((await server.send('GET', `/workspaces/${id}`)).body.spec.env).toEqual({ API_KEY: 'hush' });
    const { body } = await server.send('POST', `/workspaces/${id}/restart`, { token });
    expect(JSON.stringify(body)).not.toContain('hush');
  });

  it('lists that workspace and no other', async () => {
    const { body } = await server.send('GET', '/workspaces', { token: own.token });
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['own']);
    const none = await server.send('GET', '/workspaces?status=paused', { token: own.token });
    expect(none.body.items).toEqual([]);
  });

  it('reads its own events and no others', async () => {
    const { body } = await server.send('GET', '/events', { token: own.token });
    expect(new Set(body.items.map((row: { workspace_id: string }) => row.workspace_id))).toEqual(
      new Set([own.id]),
    );
    const { status } = await server.send('GET', '/events?workspace=other', { token: own.token });
    expect(status).toBe(403);
  });
});

describe('the administrator token given at start', () => {
  it('is accepted beside what the supervisor knows, and nothing near it is', async () => {
    const second = await openServer({ adminToken: 'from-the-environment' });
    try {
      const status = async (token: string) => (await second.send('GET', '/workspaces', { token })).status;
      expect(await status('from-the-environment')).toBe(200);
      expect(await status('from-the-environmen')).toBe(401);
      expect(await status('')).toBe(401);
    } finally {
      await second.close();
    }
  });
});
