import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeepwellError } from '../../src/errors.ts';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeEach(async () => {
  server = await openServer();
});
afterEach(() => server.close());

type Item = { name: string; action: string; done: boolean; [field: string]: unknown };
const demo = { name: 'demo', command: ['run'] };

const apply = (documents: unknown[], more: object = {}) =>
  server.send('POST', '/apply', { body: { set: 'fleet', documents, ...more } });
const applied = async (documents: object[], more: object = {}): Promise<Item[]> => {
  const { status, body } = await apply(documents, more);
  expect([status, body.complete]).toEqual([200, true]);
  return body.items;
};
const dryRun = async (documents: object[], more: object = {}): Promise<Item[]> => {
  const before = server.memory.snapshot();
  const { status, body } = await apply(documents, { dry_run: true, ...more });
  expect([status, server.memory.snapshot()]).toEqual([200, before]);
  return body.items;
};
const actions = (items: Item[]) => items.map(({ name, action }) => `${name} ${action}`);
const specOf = async (name: string) => (await server.send('GET', `/workspaces/${name}`)).body.spec;
const patch = (name: string, body: object) => server.send('PATCH', `/workspaces/${name}`, { body });

describe('an apply', () => {
  it('creates what is new, changes what differs, leaves the rest, and does nothing the second time', async () => {
    await applied([demo, { name: 'other', command: ['x'] }]);
    const documents = [
      { ...demo, tier: 2 },
      { name: 'other', command: ['x'] },
      { name: 'new', external: true },
    ];
    const items = await applied(documents);
    expect(actions(items)).toEqual(['demo update', 'other unchanged', 'new create']);
    expect(items[0]).toMatchObject({
      done: true,
      generation: 2,
      changes: [{ path: 'tier', from: 1, to: 2 }],
    });
    expect(actions(await applied(documents))).toEqual(['demo unchanged', 'other unchanged', 'new unchanged']);
    expect((await server.send('GET', '/workspaces/demo')).body.generation).toBe(2);
  });

  it('says in a dry run what it would do, and changes nothing', async () => {
    const [item] = await dryRun([{ ...demo, plugins: ['lint'] }]);
    expect(item).toMatchObject({ action: 'create', done: false, id: null });
    expect(item?.plugins).toMatchObject([{ name: 'lint', action: 'add', why: 'not installed' }]);
  });

  it('gives what the agent of a new external workspace needs', async () => {
    const [item] = await applied([{ name: 'box', external: true }]);
    expect(item?.connection).toMatchObject({
      workspace_id: item?.id,
      env: { KEEPWELL_TOKEN: expect.any(String) },
    });
    expect((await applied([{ name: 'box', external: true }]))[0]?.connection).toBeNull();
  });

  it('shows nobody what was applied, and takes it from nobody', async () => {
    await applied([demo]);
    expect(await specOf('demo')).not.toHaveProperty('applied');
    expect((await patch('demo', { applied: null })).status).toBe(400);
    expect((await apply([{ ...demo, applied: { set: 'x', document: {} } }])).status).toBe(400);
  });
});

describe('three-way', () => {
  const document = {
    ...demo,
    role: 'r',
    env: { A: '1', B: '1' },
    plugins: ['a', 'b'],
    policy: { restart_budget: 1 },
  };

  it('takes away what the file no longer says, and leaves what was added by hand', async () => {
    await applied([document]);
    await patch('demo', { tier: 3, env: { MINE: '1' }, policy: { plugin_tries: 2 } });
    await server.send('POST', '/workspaces/demo/plugins', { body: { source: 'mine' } });
    await applied([{ ...demo, env: { B: '2' }, plugins: ['b'] }]);
    const spec = await specOf('demo');
    expect(spec).toMatchObject({
      role: null,
      tier: 3,
      env: { B: '2', MINE: '1' },
      policy: { plugin_tries: 2 },
    });
    expect(spec.plugins.map(({ name }: Item) => name)).toEqual(['b', 'mine']);
  });

  it('takes away what was added by hand too with prune', async () => {
    await applied([document]);
    await patch('demo', { tier: 3, env: { MINE: '1' } });
    const [item] = await applied([document], { prune: true });
    expect(item?.changes).toMatchObject([{ path: 'tier' }, { path: 'env.MINE' }]);
    expect(await specOf('demo')).toMatchObject({ tier: 1, env: { A: '1', B: '1' } });
  });

  it('survives changes by hand: a patch does not make it forget what was applied', async () => {
    await applied([document]);
    await patch('demo', { env: { A: '9' } });
    await applied([{ ...demo, plugins: ['a', 'b'] }]);
    expect(await specOf('demo')).toMatchObject({ env: {}, role: null });
  });

  it('takes away what only the template said when the file names it no more', async () => {
    await applied([{ name: 'demo', template: 'coder' }]);
    await applied([{ ...demo, allow_empty: true }]);
    expect(await specOf('demo')).toMatchObject({ tier: 1, env: {}, policy: {}, template: null, plugins: [] });
  });

  it('refuses to take every plugin away in silence', async () => {
    await applied([{ ...demo, plugins: ['a'] }]);
    const { status, body } = await apply([demo]);
    expect([status, body.details[0]]).toEqual([
      400,
      {
        path: 'documents.0.plugins',
        message: expect.stringContaining('allow_empty'),
        document: 0,
        name: 'demo',
      },
    ]);
    await applied([{ ...demo, allow_empty: true }]);
    expect((await specOf('demo')).plugins).toEqual([]);
  });
});

describe('a set', () => {
  it('lists what has no document any more, and removes it only with prune', async () => {
    await applied([demo, { name: 'old', command: ['x'] }]);
    const items = await applied([demo]);
    expect(actions(items)).toEqual(['demo unchanged', 'old remove']);
    expect(items[1]).toMatchObject({ done: false, note: expect.stringContaining('prune') });
    expect((await server.send('GET', '/workspaces/old')).status).toBe(200);
    expect((await dryRun([demo], { prune: true }))[1]).toMatchObject({ action: 'remove', done: false });
    expect((await applied([demo], { prune: true }))[1]).toMatchObject({ action: 'remove', done: true });
    expect((await server.send('GET', '/workspaces/old')).status).toBe(404);
    expect(actions(await applied([demo], { prune: true }))).toEqual(['demo unchanged']);
  });

  it('never touches what was not applied in it', async () => {
    await server.send('POST', '/workspaces', { body: { name: 'by-hand', command: ['x'] } });
    await applied([{ name: 'elsewhere', command: ['x'] }], { set: 'another' });
    expect(actions(await applied([demo], { prune: true }))).toEqual(['demo create']);
    expect((await server.send('GET', '/workspaces')).body.items).toHaveLength(3);
  });

  it('adopts a workspace made by hand, and takes over one of another set, and says so', async () => {
    await server.send('POST', '/workspaces', { body: { ...demo, role: 'mine' } });
    const [adopted] = await applied([demo]);
    expect(adopted).toMatchObject({ action: 'unchanged', note: expect.stringContaining('made by hand') });
    const [taken] = await applied([demo], { set: 'another' });
    expect(taken?.note).toContain('taken over from the set `fleet`');
    expect(actions(await applied([], { prune: true }))).toEqual([]);
    expect(actions(await dryRun([], { set: 'another' }))).toEqual(['demo remove']);
  });
});

describe('what is wrong with documents', () => {
  it('is said all at once, with index, name and place, and nothing is changed', async () => {
    const before = server.memory.snapshot();
    const { status, body } = await apply([
      { ...demo, tier: 9, polciy: {} },
      { name: 'no-command' },
      { name: 'fine', command: ['x'] },
      { name: 'fine', command: ['x'], plugins: ['ok', 'Not OK', 'git+https://x/y'] },
      { name: 'lost', template: 'nowhere' },
      7,
    ]);
    expect(status).toBe(400);
    expect(body.details.map(({ path, name }: { path: string; name: string }) => [path, name])).toEqual(
      [
        ['documents.0.polciy', 'demo'],
        ['documents.0.tier', 'demo'],
        ['documents.1.command', 'no-command'],
        ['documents.3.name', 'fine'],
        ['documents.3.plugins.1', 'fine'],
        ['documents.3.plugins.2', 'fine'],
        ['documents.4.template', 'lost'],
        ['documents.5', null],
      ].toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    );
    expect(server.memory.snapshot()).toBe(before);
  });

  it('includes a runtime that cannot change, which a dry run lists', async () => {
    await server.external('bound');
    const documents = [demo, { name: 'bound', command: ['x'] }];
    expect(actions(await dryRun(documents))).toEqual(['demo create', 'bound conflict']);
    const { status, body } = await apply(documents);
    expect([status, body.code, body.details]).toMatchObject([
      409,
      'APPLY_CONFLICT',
      [{ document: 1, name: 'bound' }],
    ]);
    expect((await server.send('GET', '/workspaces/demo')).status).toBe(404);
  });

  it('includes every plugin that is not allowed', async () => {
    const { body } = await apply([
      { ...demo, template: 'reader', plugins: ['team-a', 'b', 'c'] },
      { name: 'open', command: ['x'], plugins: ['b'] },
    ]);
    expect([body.code, body.details.map(({ path }: { path: string }) => path)]).toEqual([
      'PLUGIN_NOT_ALLOWED',
      ['documents.0.plugins.b', 'documents.0.plugins.c'],
    ]);
  });
});

describe('a failure in the middle', () => {
  it('costs that workspace alone when it was refused, says so, and the same request finishes it', async () => {
    const documents = [demo, { name: 'second', command: ['x'] }, { name: 'third', command: ['x'] }];
    const { create } = server.memory.supervisor;
    server.memory.supervisor.create = async (spec, ...rest) => {
      if (spec.name === 'second') throw new KeepwellError('WORKSPACE_EXISTS');
      return create(spec, ...rest);
    };
    const { status, body } = await apply(documents);
    expect([status, body.complete]).toEqual([207, false]);
    expect(body.items.map(({ done, problem }: Item) => [done, problem === null])).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
    server.memory.supervisor.create = create;
    expect(actions(await applied(documents))).toEqual(['demo unchanged', 'second create', 'third unchanged']);
  });

  it('leaves the rest alone when nothing can be written any more', async () => {
    const { create } = server.memory.supervisor;
    server.memory.supervisor.create = async (spec, ...rest) => {
      if (spec.name !== 'demo') throw new KeepwellError('STORE_UNWRITABLE');
      return create(spec, ...rest);
    };
    const { status, body } = await apply([
      demo,
      { name: 'second', command: ['x'] },
      { name: 'third', command: ['x'] },
    ]);
    expect(status).toBe(207);
    expect(body.items.map(({ done, problem }: Item) => [done, problem])).toEqual([
      [true, null],
      [false, expect.stringContaining('database')],
      [false, expect.stringContaining('not tried')],
    ]);
  });
});

describe('secrets in documents', () => {
  const secret = 'sekrit-value';
  const document = { ...demo, secrets: { API_KEY: secret } };

  it('are handed over and kept nowhere else', async () => {
    const items = await applied([document]);
    expect(server.memory.secrets).toMatchObject([{ name: 'API_KEY', value: secret }]);
    const stored = JSON.stringify([...server.memory.views.values()]);
    expect([stored, JSON.stringify(items)].join()).not.toContain(secret);
    expect(JSON.stringify(await specOf('demo'))).not.toContain('API_KEY');
  });

  it('are changed on a workspace that is there; whether they differ is known once they are', async () => {
    await applied([document]);
    expect((await dryRun([document]))[0]).toMatchObject({ action: 'unchanged', restarts: 'possibly' });
    expect((await applied([document]))[0]?.action).toBe('unchanged');
    const [changed] = await applied([{ ...demo, secrets: { API_KEY: 'other' } }]);
    expect(changed?.action).toBe('update');
    const [added] = await dryRun([{ ...demo, secrets: { API_KEY: 'other', MORE: 'x' } }]);
    expect(added).toMatchObject({
      action: 'update',
      restarts: 'yes',
      restart_why: 'it gets the secret MORE',
    });
  });

  it('are no part of a spec: they can be created with a workspace, not patched', async () => {
    const { status } = await server.send('POST', '/workspaces', { body: { ...document, name: 'made' } });
    expect([status, server.memory.secrets.length]).toEqual([201, 1]);
    expect((await patch('made', { secrets: { A: 'b' } })).status).toBe(400);
  });
});
