import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const create = (body: object) => server.send('POST', '/workspaces', { body });

describe('a template that does not say what to run', () => {
  it('says exactly that when the request does not either', async () => {
    const { status, body } = await create({ name: 'mute', template: 'reader' });
    expect([status, body.code]).toEqual([422, 'COMMAND_MISSING']);
    expect(body.error).toContain('the template reader does not say what to run');
    expect(body.error).toContain('add `command:` to its config.yaml');
  });

  it('is content with the command of the request, and gives all the rest', async () => {
    const { status, body } = await create({ name: 'spoken', template: 'reader', command: ['run'] });
    expect(status).toBe(201);
    expect(body.spec).toMatchObject({
      agent_runtime: 'claude-code',
      required_env: ['API_KEY'],
      allow_plugins: ['local://team-'],
    });
  });

  it('is content too with an agent that runs elsewhere', async () => {
    expect((await create({ name: 'far', template: 'reader', external: true })).status).toBe(201);
  });
});

describe('what a spec says of its agent', () => {
  const said = {
    required_env: ['A', 'B'],
    agent_runtime: 'langgraph',
    allow_plugins: ['local://'],
    plugins: [{ name: 'p', source: 'local://p', track: 'auto' }],
  };

  it('wins over its template, comes back as it was, and can be sent back', async () => {
    const { body } = await create({ name: 'own-words', template: 'reader', command: ['x'], ...said });
    expect(body.spec).toMatchObject(said);
    const { name: _, ...spec } = body.spec;
    const back = await server.send('PATCH', '/workspaces/own-words', { body: spec });
    expect([back.status, back.body.generation]).toEqual([200, 1]);
  });

  it('is taken back with null', async () => {
    const body = { agent_runtime: null, allow_plugins: null, required_env: null };
    const { body: view } = await server.send('PATCH', '/workspaces/own-words', { body });
    expect(view.spec).toMatchObject({ agent_runtime: null, allow_plugins: null, required_env: [] });
  });

  it.each([
    ['a name that no variable can have', { required_env: ['NOT-A-NAME'] }],
    ['another word for tracking', { plugins: [{ source: 'p', track: 'always' }] }],
    ['an allow-list that is no list', { allow_plugins: 'local://' }],
    ['an agent built on nothing', { agent_runtime: '' }],
  ])('is refused with %s', async (_what, more) => {
    expect((await create({ name: 'refused', command: ['x'], ...more })).status).toBe(400);
  });
});

describe('the plan of a template', () => {
  it('says what a new workspace would get, what is missing, and who was made from it', async () => {
    await create({ name: 'made', template: 'coder' });
    const { body } = await server.send('GET', '/templates/coder');
    expect(body).toMatchObject({
      name: 'coder',
      command: ['coder', '--serve'],
      workspaces: ['made'],
      problems: [],
    });
    expect(body.plugins).toMatchObject([{ name: 'base', action: 'add', why: 'not installed' }]);
    const { body: reader } = await server.send('GET', '/templates/reader');
    expect(reader).toMatchObject({ command: [], required_env: ['API_KEY'], missing_env: ['API_KEY'] });
    await server.memory.supervisor.changeSecrets(null, { API_KEY: 'x' });
    expect((await server.send('GET', '/templates/reader')).body.missing_env).toEqual([]);
  });

  it('is refused for one that is not there', async () => {
    const { status, body } = await server.send('GET', '/templates/nowhere');
    expect([status, body.code]).toEqual([404, 'TEMPLATE_NOT_FOUND']);
  });
});
