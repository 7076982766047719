import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
let relay: { id: string; token: string };
let first: { id: string; token: string };
let second: { id: string; token: string };

beforeAll(async () => {
  server = await openServer();
  relay = await server.relay('edge');
  first = await server.external('first');
  second = await server.external('second');
});
afterAll(() => server.close());

const handOn = (beats: object[], token: string | null = relay.token) =>
  server.send('POST', '/registry/heartbeats', { token, body: { beats } });

describe('a relay', () => {
  it('hands on beats of many agents, and gets for each what that agent would be told', async () => {
    const { status, body } = await handOn([
      { workspace_id: first.id, error_rate: 0.25 },
      { workspace_id: second.id, active_tasks: 3 },
    ]);
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { workspace_id: first.id, code: 200, answer: { status: 'ok', interval_seconds: 30 } },
      { workspace_id: second.id, code: 200, answer: { status: 'ok', workspace_status: 'provisioning' } },
    ]);
    const heard = server.memory.beats.slice(-2).map(({ beat }) => [beat.errorRate, beat.activeTasks]);
    expect(heard).toEqual([
      [0.25, 0],
      [0, 3],
    ]);
  });

  it('is told of each beat that is refused, which costs the others nothing', async () => {
    const { status, body } = await handOn([
      { workspace_id: 'nobody' },
      { workspace_id: first.id },
      { workspace_id: second.id, incarnation: 1 },
    ]);
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { workspace_id: 'nobody', code: 404, problem: { code: 'WORKSPACE_NOT_FOUND' } },
      { code: 200 },
      { code: 200 },
    ]);
    expect(server.memory.beats.at(-1)).toMatchObject({ incarnation: 1 });
  });

  it('hands on no more than 1,000 at once, none that is malformed, and not nothing', async () => {
    const beats = Array.from({ length: 1_001 }, () => ({ workspace_id: first.id }));
    const before = server.memory.beats.length;
    expect([(await handOn(beats)).status, (await handOn([])).status]).toEqual([400, 400]);
    expect(
      await handOn([{ workspace_id: first.id }, { workspace_id: second.id, error_rate: 2 }]),
    ).toMatchObject({
      status: 400,
      body: { details: [{ path: 'beats.1.error_rate' }] },
    });
    expect(server.memory.beats.length).toBe(before);
    expect((await handOn(beats.slice(1))).body.results).toHaveLength(1_000);
  });

  it('may do nothing else, and is told so', async () => {
    const before = server.memory.snapshot();
    const hers = (url: string) =>
      url.replace(':id', first.id).replace(':name', 'lint').replace(':token_id', 'x');
    const said: Record<string, object> = {
      '/registry/heartbeat': { workspace_id: first.id },
      '/registry/register': { id: first.id },
      '/registry/update-card': { workspace_id: first.id, agent_card: {} },
      '/workspaces/:id/plugin-install-report': { generation: 1, plugins: [] },
    };
    const others = server.routes.filter(
      ({ url, auth }) => auth !== 'public' && url !== '/registry/heartbeats',
    );
    expect(others.length).toBeGreaterThan(50);
    for (const { method, url } of others) {
      const { status } = await server.send(method, hers(url), { token: relay.token, body: said[url] });
      expect([method, url, status]).toEqual([method, url, 403]);
    }
    expect(server.memory.snapshot()).toEqual(before);
    const { status } = await server.send('POST', '/session', { token: null, body: { token: relay.token } });
    expect(status).toBe(401);
  });

  it('is one with a relay’s token, or the administrator’s: not an agent, and not a viewer', async () => {
    const beat = [{ workspace_id: first.id }];
    const viewer = await server.viewer('anna');
    const statuses = [first.token, viewer.token, 'kwr_wrong'].map(
      async (token) => (await handOn(beat, token)).status,
    );
    expect(await Promise.all(statuses)).toEqual([403, 403, 401]);
    const asAdmin = await server.send('POST', '/registry/heartbeats', { body: { beats: beat } });
    expect(asAdmin.status).toBe(200);
  });
});
