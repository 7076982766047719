import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const declared = async (name: string) =>
  (await server.send('GET', `/workspaces/${name}/plugins/declared`)).body;

describe('the plugins of a workspace', () => {
  it('are declared one by one and taken away one by one', async () => {
    const { id, token } = await server.external('one-by-one');
    const path = `/workspaces/${id}/plugins`;
    const added = await server.send('POST', path, { token, body: { source: 'lint', restart: 'never' } });
    expect([added.status, added.body.generation, added.body.plugins.declared]).toEqual([202, 2, 1]);
    await server.send('POST', path, {
      token,
      body: { source: 'local://test', config: { deep: { x: [1] } } },
    });
    expect(await declared('one-by-one')).toEqual({
      generation: 3,
      allow_empty: false,
      plugins: [
        { name: 'lint', source: 'local://lint', restart: 'never' },
        { name: 'test', source: 'local://test', config: { deep: { x: [1] } } },
      ],
    });
    expect((await server.send('DELETE', `${path}/lint`, { token })).status).toBe(202);
    expect((await declared('one-by-one')).plugins.map(({ name }: { name: string }) => name)).toEqual([
      'test',
    ]);
  });

  it('may all be taken away by name, the last one too', async () => {
    await server.external('last', { plugins: ['only'] });
    expect((await server.send('DELETE', '/workspaces/last/plugins/only')).status).toBe(202);
    expect(await declared('last')).toEqual({ generation: 2, allow_empty: true, plugins: [] });
  });

  it('are replaced as a whole, on the generation that was asked for', async () => {
    await server.external('replaced', { plugins: ['a', 'b'] });
    const put = (body: object, match: string) =>
      server.send('PUT', '/workspaces/replaced/plugins/declared', { body, headers: { 'if-match': match } });
    const { status, body, headers } = await put({ plugins: ['b', { source: 'c', name: 'sea' }] }, '"1"');
    expect([status, headers.get('etag')]).toEqual([200, '"2"']);
    expect(body.plugins).toEqual([
      { name: 'b', source: 'local://b' },
      { name: 'sea', source: 'local://c' },
    ]);
    expect((await put({ plugins: ['d'] }, '"1"')).body.code).toBe('GENERATION_CONFLICT');
    expect((await put({ plugins: [], allow_empty: true }, '"2"')).body.plugins).toEqual([]);
  });

  it('may be put back as they were shown', async () => {
    await server.external('as-shown', { plugins: ['a', { source: 'b', config: { k: 1 }, name: 'bee' }] });
    const { plugins } = await declared('as-shown');
    const { status, body } = await server.send('PUT', '/workspaces/as-shown/plugins/declared', {
      body: { plugins },
    });
    expect([status, body.generation]).toEqual([200, 1]);
  });

  it('are shown as declared, as installed and as planned', async () => {
    await server.external('shown', { plugins: ['lint'] });
    const { body } = await server.send('GET', '/workspaces/shown/plugins');
    expect(body).toEqual({
      declared: [{ name: 'lint', source: 'local://lint' }],
      installed: {
        generation: 4,
        plugins: [
          {
            name: 'lint',
            source: 'local://lint',
            revision: null,
            tree_hash: 'a'.repeat(64),
            actual_hash: null,
            intact: false,
            restart: 'auto',
          },
        ],
      },
      blocked: [],
      held: [],
      outdated: [],
    });
    const plan = await server.send('GET', '/workspaces/shown/plugins/plan');
    expect(plan.body).toEqual({
      items: [
        {
          name: 'lint',
          action: 'add',
          why: 'not installed',
          restart: true,
          resolved: null,
          declaration: { name: 'lint', source: 'local://lint' },
          installed: null,
        },
      ],
      restarts: 'no',
      restart_why: 'its agent runs elsewhere',
    });
    const refreshed = await server.send('GET', '/workspaces/shown/plugins/plan?refresh=true');
    expect(refreshed.body.items[0].resolved).toEqual({ revision: 'f'.repeat(40), tree_hash: null });
  });
});

describe('a workspace that allows some sources only', () => {
  const allowing = { external: true, allow_plugins: ['local://team-'] };
  const refusal = (paths: string[]) => ({
    status: 422,
    body: { code: 'PLUGIN_NOT_ALLOWED', details: paths.map((path) => ({ path })) },
  });

  it('is not created with others, and all of them are named at once', async () => {
    const body = { name: 'never', ...allowing, plugins: ['team-a', 'b', 'c'] };
    expect(await server.send('POST', '/workspaces', { body })).toMatchObject(
      refusal(['plugins.b', 'plugins.c']),
    );
    expect(await server.send('POST', '/plan', { body })).toMatchObject(refusal(['plugins.b', 'plugins.c']));
  });

  it('takes no others afterwards, whichever way they are declared', async () => {
    const { id, token } = await server.external('careful', { ...allowing, plugins: ['team-a'] });
    const path = `/workspaces/${id}`;
    const before = server.memory.snapshot();
    const declare = { token, body: { plugins: ['team-a', 'b', 'c'] } };
    expect(await server.send('PUT', `${path}/plugins/declared`, declare)).toMatchObject(
      refusal(['plugins.b', 'plugins.c']),
    );
    expect(await server.send('POST', `${path}/plugins`, { token, body: { source: 'b' } })).toMatchObject(
      refusal(['plugins.b']),
    );
    expect(await server.send('PATCH', path, { body: { plugins: ['b'] } })).toMatchObject(
      refusal(['plugins.b']),
    );
    expect(await server.send('PATCH', path, { body: { allow_plugins: [] } })).toMatchObject(
      refusal(['plugins.team-a']),
    );
    expect(server.memory.snapshot()).toBe(before);
    expect((await server.send('POST', `${path}/plugins`, { token, body: { source: 'team-b' } })).status).toBe(
      202,
    );
  });
});
