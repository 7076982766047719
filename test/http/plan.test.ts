import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const plan = async (body: object) => {
  const before = server.memory.snapshot();
  const answer = await server.send('POST', '/plan', { body });
  expect(server.memory.snapshot()).toBe(before);
  return answer;
};

describe('a plan', () => {
  it('of a name that does not exist is a create', async () => {
    const { status, body } = await plan({ name: 'new', command: ['run'] });
    expect([status, body]).toEqual([
      200,
      {
        action: 'create',
        name: 'new',
        id: null,
        generation: null,
        changes: [],
        patch: {},
        plugins: [],
        restarts: 'no',
        restart_why: null,
        problem: null,
      },
    ]);
  });

  it('of what is there already is unchanged, defaults and template included', async () => {
    const document = {
      name: 'same',
      template: 'coder',
      plugins: ['extra'],
      policy: { offline_after: '60s' },
    };
    await server.send('POST', '/workspaces', { body: document });
    const { body } = await plan({ ...document, policy: { offline_after: 60_000 } });
    expect([body.action, body.changes]).toEqual(['unchanged', []]);
  });

  it('names every field that differs and gives the patch that does exactly that', async () => {
    const document = {
      name: 'differs',
      command: ['run'],
      role: 'old',
      env: { A: '1', B: '2' },
      policy: { offline_after: '1m' },
      plugins: ['one', { source: 'two', config: { deep: [1] } }],
    };
    const { body: created } = await server.send('POST', '/workspaces', { body: document });
    const wanted = {
      name: 'differs',
      command: ['run', 'faster'],
      env: { B: '3', C: '4' },
      policy: { restart_budget: 1 },
      plugins: [{ source: 'two', config: { deep: [2] } }, 'three'],
    };
    const { body } = await plan(wanted);
    expect(body).toMatchObject({ action: 'update', id: created.id, generation: 1, restarts: 'yes' });
    expect(Object.fromEntries(body.changes.map((each: { path: string }) => [each.path, each]))).toEqual({
      role: { path: 'role', from: 'old', to: null },
      command: { path: 'command', from: ['run'], to: ['run', 'faster'] },
      'env.A': { path: 'env.A', from: '1', to: null },
      'env.B': { path: 'env.B', from: '2', to: '3' },
      'env.C': { path: 'env.C', from: null, to: '4' },
      'policy.offline_after': { path: 'policy.offline_after', from: '1m', to: null },
      'policy.restart_budget': { path: 'policy.restart_budget', from: null, to: 1 },
      'plugins.one': { path: 'plugins.one', from: { name: 'one', source: 'local://one' }, to: null },
      'plugins.two': expect.objectContaining({
        to: { name: 'two', source: 'local://two', config: { deep: [2] } },
      }),
      'plugins.three': expect.objectContaining({ from: null }),
    });
    const headers = { 'if-match': String(body.generation) };
    const done = await server.send('PATCH', `/workspaces/${body.id}`, { body: body.patch, headers });
    expect(done.status).toBe(200);
    expect((await plan(wanted)).body.action).toBe('unchanged');
  });

  it('sees that the order of plugins changed', async () => {
    await server.send('POST', '/workspaces', {
      body: { name: 'order', command: ['x'], plugins: ['a', 'b'] },
    });
    const { body } = await plan({ name: 'order', command: ['x'], plugins: ['b', 'a'] });
    expect(body.changes).toEqual([{ path: 'plugins', from: ['a', 'b'], to: ['b', 'a'] }]);
  });

  it.each([
    ['an agent elsewhere', { external: true }, { external: true, env: { A: '1' } }, 'no'],
    ['a policy', { command: ['x'] }, { command: ['x'], policy: { restart_budget: 1 } }, 'no'],
    ['a plugin', { command: ['x'] }, { command: ['x'], plugins: ['p'] }, 'possibly'],
    [
      'a plugin that never asks for it',
      { command: ['x'] },
      { command: ['x'], plugins: [{ source: 'p', restart: 'never' }] },
      'no',
    ],
    ['the environment', { command: ['x'] }, { command: ['x'], env: { A: '1' } }, 'yes'],
  ])('says whether changing %s restarts', async (what, before, after, restarts) => {
    const name = `r-${what.replaceAll(' ', '-')}`;
    await server.send('POST', '/workspaces', { body: { name, ...before } });
    const { body } = await plan({ name, ...after });
    expect([body.action, body.restarts]).toEqual(['update', restarts]);
  });

  it('restarts nothing that rests', async () => {
    await server.send('POST', '/workspaces', { body: { name: 'resting', command: ['x'] } });
    await server.send('POST', '/workspaces/resting/pause');
    expect((await plan({ name: 'resting', command: ['y'] })).body.restarts).toBe('no');
  });

  it('says that another runtime cannot be had', async () => {
    await server.external('bound');
    const { body } = await plan({ name: 'bound', command: ['x'] });
    expect(body).toMatchObject({
      action: 'conflict',
      patch: {},
      problem: expect.stringContaining('runtime'),
    });
  });

  it('refuses to take every plugin away in silence, as the patch would', async () => {
    await server.external('equipped', { plugins: ['p'] });
    expect((await plan({ name: 'equipped', external: true })).status).toBe(400);
    expect((await plan({ name: 'equipped', external: true, allow_empty: true })).body.action).toBe('update');
  });
});

describe('whether a plan restarts, and why', () => {
  const hash = 'a'.repeat(64);
  const installed = (name: string, restart: 'never' | 'auto' | 'always' = 'auto') => ({
    name,
    source: `local://${name}`,
    revision: null,
    treeHash: hash,
    manifestHash: null,
    coreHash: hash,
    actualHash: hash,
    restart,
  });
  const planned = async (name: string, before: object, after: object) => {
    await server.send('POST', '/workspaces', { body: { name, command: ['x'], ...before } });
    const { body } = await plan({ name, command: ['x'], ...after });
    return [body.restarts, body.restart_why];
  };

  it.each([
    ['variables', { env: { A: '1' } }, { env: { B: '1' } }, ['yes', 'its environment changes (A, B)']],
    ['sidecar', {}, { sidecar: true }, ['yes', 'it is run under `keepwell agent`']],
    ['stated', {}, { plugins: [{ source: 'p', restart: 'auto' }] }, ['yes', 'plugin p is added']],
    [
      'unstated',
      {},
      { plugins: ['p'] },
      ['possibly', 'plugin p is added, unless its plugin.yaml says `restart: never`'],
    ],
    ['policy', {}, { policy: { restart_budget: 1 } }, ['no', 'nothing that it was started with changes']],
  ])('is said of %s', async (name, before, after, expected) => {
    expect(await planned(`why-${name}`, before, after)).toEqual(expected);
  });

  it('is certain where a plugin goes, and depends on its bytes where one changes', async () => {
    server.memory.state.installed = [installed('gone'), installed('q')];
    try {
      expect(await planned('why-gone', { plugins: ['gone', 'q'] }, { plugins: ['q'] })).toEqual([
        'yes',
        'plugin gone is removed',
      ]);
      const other = { plugins: ['gone', { source: 'other', name: 'q' }] };
      expect(await planned('why-other', { plugins: ['gone', 'q'] }, other)).toEqual([
        'possibly',
        'plugin q is updated (source changed), unless only its SKILL.md files differ',
      ]);
    } finally {
      server.memory.state.installed = [];
    }
  });
});
