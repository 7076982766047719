import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeEach(async () => {
  server = await openServer();
});
afterEach(() => server.close());

type Row = Record<string, unknown>;
const rows = async (query = ''): Promise<Row[]> => (await server.send('GET', `/audit${query}`)).body.items;
const latest = async () => (await rows('?limit=1'))[0];

describe('the audit', () => {
  it('says who asked for a change, from where, of which workspace, and what the answer was', async () => {
    const { id } = await server.external('demo');
    expect(await latest()).toMatchObject({
      who: { kind: 'admin', via: 'token', id: null, name: null },
      from: '127.0.0.1',
      what: 'POST /workspaces',
      workspace: { id, name: 'demo' },
      status: 201,
      code: null,
    });
    const restart = await server.send('POST', '/workspaces/demo/restart?because=why');
    expect(await latest()).toMatchObject({
      what: 'POST /workspaces/demo/restart',
      workspace: { id, name: 'demo' },
      status: restart.status,
      request: restart.headers.get('x-request-id'),
    });
    await server.send('DELETE', `/workspaces/${id}`);
    expect(await latest()).toMatchObject({ workspace: { id, name: 'demo' }, status: 200 });
    await server.send('POST', '/workspaces/nobody/pause');
    expect(await latest()).toMatchObject({
      workspace: { id: 'nobody', name: null },
      status: 404,
      code: 'WORKSPACE_NOT_FOUND',
    });
  });

  it('has a row when something was asked, and one when it was answered', async () => {
    await server.external('demo');
    const { body } = await server.send('GET', '/audit');
    expect([body.items.length, body.items[0].seq, body.head.seq]).toEqual([1, 2, 2]);
    expect(body.head.hash).toBe(body.items[0].hash);
  });

  it('says what viewers, relays and agents tried that was not theirs, also when they only wanted to look', async () => {
    const { token: own } = await server.external('own');
    const { id: other } = await server.external('other');
    const anna = await server.viewer('anna');
    const edge = await server.relay('edge');
    await server.send('POST', '/workspaces/own/pause', { token: anna.token });
    expect(await latest()).toMatchObject({
      who: { kind: 'viewer', id: anna.id, name: 'anna' },
      status: 403,
      code: 'FORBIDDEN',
    });
    await server.send('GET', '/tokens', { token: edge.token });
    expect(await latest()).toMatchObject({
      who: { kind: 'relay', name: 'edge' },
      what: 'GET /tokens',
      status: 403,
    });
    await server.send('POST', `/workspaces/${other}/restart`, { token: own });
    expect(await latest()).toMatchObject({
      who: { kind: 'workspace' },
      workspace: { name: 'other' },
      status: 403,
    });
    expect((await rows('?refused=true')).length).toBe(3);
    expect((await rows('?who=anna')).length).toBe(1);
  });

  it('tells a page from a token, and says who signed in', async () => {
    const signed = await server.send('POST', '/session', { token: null, body: { token: 'admin-token' } });
    expect(await latest()).toMatchObject({
      what: 'POST /session',
      who: { kind: 'admin', via: 'token' },
      status: 200,
    });
    const cookie = signed.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    await server.send('POST', '/tokens', {
      token: null,
      body: { name: 'bob' },
      headers: { cookie, origin: server.url, 'sec-fetch-site': 'same-origin' },
    });
    expect(await latest()).toMatchObject({
      what: 'POST /tokens',
      who: { kind: 'admin', via: 'session' },
      status: 201,
    });
  });

  it('holds no secret and no token', async () => {
    await server.send('PUT', '/secrets', { body: { values: { KEY: 'swordfish' } } });
    const { body } = await server.send('POST', '/tokens', { body: { name: 'carl' } });
    const text = JSON.stringify(await rows());
    expect(text).not.toContain('swordfish');
    expect(text).not.toContain(body.token);
    expect(text).not.toContain('admin-token');
  });

  it('leaves out reading, beats, and whoever nobody knows', async () => {
    const { id, token } = await server.external('quiet');
    const { token: relay } = await server.relay('edge');
    const before = await rows();
    await server.send('GET', '/workspaces');
    await server.send('POST', '/registry/heartbeat', { token, body: { workspace_id: id } });
    await server.send('POST', '/registry/register', { token, body: { id } });
    await server.send('POST', '/registry/heartbeats', {
      token: relay,
      body: { beats: [{ workspace_id: id }] },
    });
    await server.send('POST', '/workspaces', { token: 'guessed', body: { name: 'x' } });
    expect(await rows()).toEqual(before);
  });

  it('writes twenty refusals of one caller a minute, and then how many it passed over', async () => {
    const anna = await server.viewer('anna');
    for (let n = 0; n < 30; n += 1) await server.send('DELETE', `/workspaces/w${n}`, { token: anna.token });
    expect((await rows('?who=anna')).length).toBe(20);
    server.clock.now += 60_000;
    await server.send('DELETE', '/workspaces/late', { token: anna.token });
    expect(await latest()).toMatchObject({ status: 403, details: { refusalsNotWritten: 10 } });
  });

  it('is read page by page, and by the administrator alone', async () => {
    for (const name of ['a', 'b', 'c']) await server.external(name);
    const first = await server.send('GET', '/audit?limit=2');
    const second = await server.send('GET', `/audit?limit=2&cursor=${first.body.next_cursor}`);
    const names = [...first.body.items, ...second.body.items].map(({ workspace }) => workspace.name);
    expect([names, second.body.next_cursor]).toEqual([['c', 'b', 'a'], null]);
    const anna = await server.viewer('anna');
    expect((await server.send('GET', '/audit', { token: anna.token })).status).toBe(403);
  });
});
