import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const beat = (id: string, token: string | null, more: object = {}) =>
  server.send('POST', '/registry/heartbeat', { token, body: { workspace_id: id, ...more } });

describe('a beat', () => {
  it('needs nothing but the id, and is told what the agent has to know', async () => {
    const { id, token } = await server.external('minimal');
    const { status, body, headers } = await beat(id, token);
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ok',
      workspace_status: 'provisioning',
      generation: 1,
      interval_seconds: 30,
      lease_expires_at: '2026-01-02T03:07:05.000Z',
      restart_pending: false,
      plugins_generation: 4,
      plugins_pending: false,
    });
    expect(headers.get('x-request-id')).toMatch(/./);
    expect(server.memory.beats.at(-1)?.beat).toEqual({
      errorRate: 0,
      sampleError: null,
      activeTasks: 0,
      currentTask: null,
      uptimeSeconds: 0,
      wedged: false,
      managesStatus: false,
      quietForMs: 0,
      idleTimeoutMs: null,
    });
  });

  it('tells an agent elsewhere that there is something to pull', async () => {
    const { id, token } = await server.external('has-to-pull');
    server.memory.state.pluginsPending = true;
    const { body } = await beat(id, token);
    server.memory.state.pluginsPending = false;
    expect([body.plugins_generation, body.plugins_pending]).toEqual([4, true]);
  });

  it('hands on all that it says', async () => {
    const { id, token } = await server.external('talkative');
    await beat(id, token, {
      error_rate: 0.25,
      sample_error: 'boom',
      active_tasks: 3,
      current_task: 'reading',
      uptime_seconds: 12.5,
      runtime_state: 'wedged',
      runtime_metadata: { capabilities: { status_mgmt: true, other: 1 }, idle_timeout_seconds: 5 },
      quiet_for_seconds: 1.5,
      monthly_spend: 12,
    });
    expect(server.memory.beats.at(-1)).toEqual({
      workspaceId: id,
      incarnation: null,
      beat: {
        errorRate: 0.25,
        sampleError: 'boom',
        activeTasks: 3,
        currentTask: 'reading',
        uptimeSeconds: 12.5,
        wedged: true,
        managesStatus: true,
        quietForMs: 1_500,
        idleTimeoutMs: 5_000,
      },
    });
  });

  it('may leave texts empty or null', async () => {
    const { id, token } = await server.external('terse');
    expect((await beat(id, token, { sample_error: null, current_task: '', runtime_state: '' })).status).toBe(
      200,
    );
    expect(server.memory.beats.at(-1)?.beat).toMatchObject({
      sampleError: null,
      currentTask: null,
      wedged: false,
    });
  });

  it('is answered alike when the supervisor has to write first', async () => {
    const { id, token } = await server.external('failing');
    const { status, body } = await beat(id, token, { error_rate: 0.5 });
    expect([status, body.workspace_status]).toEqual([200, 'degraded']);
  });

  it('of an older incarnation is refused', async () => {
    const { id } = await server.external('replaced');
    const old = server.memory.issue(id, 0);
    const { status, body } = await beat(id, old);
    expect([status, body.code]).toEqual([409, 'STALE_INCARNATION']);
  });

  it('without a token, or with a wrong one, is refused', async () => {
    const { id } = await server.external('guarded');
    for (const token of [null, 'guess', '']) {
      const { status, body, headers } = await beat(id, token);
      expect([status, body.code]).toEqual([401, 'UNAUTHORIZED']);
      expect(headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  it('for another workspace is refused, whether that exists or not', async () => {
    const { token } = await server.external('nosy');
    const { id } = await server.external('victim');
    for (const target of [id, 'victim', 'nobody']) {
      const { status, body } = await beat(target, token);
      expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
    }
  });

  it('for a removed workspace hears 410 although its token went with it, and an unknown id hears 404', async () => {
    const { id, token } = await server.external('doomed');
    await server.send('DELETE', `/workspaces/${id}`);
    for (const known of [token, null]) {
      const gone = await beat(id, known);
      expect([gone.status, gone.body.code]).toEqual([410, 'WORKSPACE_REMOVED']);
    }
    const unknown = await beat('never-was', null);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'WORKSPACE_NOT_FOUND']);
  });

  it('for a workspace that is being removed hears 410 too, though it is still to be seen', async () => {
    const { id } = await server.external('going');
    const view = server.memory.views.get(id);
    if (view !== undefined) server.memory.views.set(id, { ...view, status: 'removed', state: 'removing' });
    const gone = await beat(id, 'kww_that_went_with_it');
    expect([gone.status, gone.body.code]).toEqual([410, 'WORKSPACE_REMOVED']);
  });

  it('without a token does not tell which names exist', async () => {
    await server.external('secret-project');
    const { status, body } = await beat('secret-project', null);
    expect([status, body.code]).toEqual([404, 'WORKSPACE_NOT_FOUND']);
  });
});

describe('an agent', () => {
  it('registers where it is and what it can do', async () => {
    const { id, token } = await server.external('polite');
    const { status, body } = await server.send('POST', '/registry/register', {
      token,
      body: { id, url: 'http://127.0.0.1:9000', agent_card: { name: 'polite', skills: ['talk'] }, other: 1 },
    });
    expect([status, body]).toEqual([200, { status: 'registered' }]);
    const { body: view } = await server.send('GET', `/workspaces/${id}`);
    expect(view).toMatchObject({
      url: 'http://127.0.0.1:9000',
      agent_card: { name: 'polite', skills: ['talk'] },
    });
  });

  it('replaces its card', async () => {
    const { id, token } = await server.external('changing');
    const { status, body } = await server.send('POST', '/registry/update-card', {
      token,
      body: { workspace_id: id, agent_card: { mood: 'good' } },
    });
    expect([status, body]).toEqual([200, { status: 'updated' }]);
    expect((await server.send('GET', `/workspaces/${id}`)).body.agent_card).toEqual({ mood: 'good' });
  });

  it('may not speak for another workspace', async () => {
    const { token } = await server.external('impostor');
    const { id } = await server.external('mark');
    const before = server.memory.snapshot();
    const register = await server.send('POST', '/registry/register', { token, body: { id } });
    const update = await server.send('POST', '/registry/update-card', {
      token,
      body: { workspace_id: id, agent_card: {} },
    });
    expect([register.status, update.status]).toEqual([403, 403]);
    expect(server.memory.snapshot()).toBe(before);
  });
});

describe('an agent without a token', () => {
  const processBody = { name: 'unclaimed', command: ['run'] };

  it('is refused while enrolment is closed', async () => {
    const { body: created } = await server.send('POST', '/workspaces', { body: processBody });
    const { status } = await server.send('POST', '/registry/register', {
      token: null,
      body: { id: created.id },
    });
    expect(status).toBe(401);
  });

  it('is given one, once, while enrolment is open; a wrong token is not the same as none', async () => {
    const open = await openServer({ enrolment: 'open' });
    try {
      const { body: created } = await open.send('POST', '/workspaces', { body: processBody });
      const register = (token: string | null) =>
        open.send('POST', '/registry/register', { token, body: { id: created.id } });
      expect((await register('guess')).status).toBe(401);
      const first = await register(null);
      expect(first.body).toEqual({ status: 'registered', auth_token: expect.stringMatching(/^.{20,}$/) });
      expect((await register(null)).status).toBe(401);
      expect((await register(first.body.auth_token)).body).toEqual({ status: 'registered' });
    } finally {
      await open.close();
    }
  });
});
