import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.close());

const create = (body: object, headers: Record<string, string> = {}) =>
  server.send('POST', '/workspaces', { body, headers });

describe('creating a workspace', () => {
  it('answers with the whole view, its place and its generation', async () => {
    const { status, body, headers } = await create({ name: 'whole', command: ['run', '--now'] });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/workspaces/${body.id}`);
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toEqual({
      id: expect.stringMatching(/^\w{26}$/),
      name: 'whole',
      role: null,
      tier: 1,
      status: 'provisioning',
      state: 'wanted.provisioning',
      since: '2026-01-02T03:04:05.000Z',
      reason: null,
      runtime: 'process',
      url: null,
      agent_card: null,
      incarnation: 1,
      generation: 1,
      observed_generation: 0,
      last_heartbeat_at: null,
      lease_expires_at: null,
      last_error_rate: null,
      last_sample_error: null,
      active_tasks: null,
      current_task: null,
      uptime_seconds: null,
      plugins: {
        declared: 0,
        installed: 0,
        failed: 0,
        generation: 0,
        good: 0,
        pending: false,
        held: [],
        blocked: [],
      },
      restarts: 0,
      restart_pending: false,
      deadline: { name: 'provisionBy', at: '2026-01-02T03:16:05.000Z' },
      created_at: '2026-01-02T03:04:05.000Z',
      restart_budget: {
        used: 1,
        allowed: 5,
        window_seconds: 1_800,
        next_free_at: '2026-01-02T03:05:05.000Z',
      },
      plugin_restart_budget: { used: 0, allowed: 3, window_seconds: 600, next_free_at: null },
      schedule: null,
      idle: null,
      old_token: null,
      spec: {
        name: 'whole',
        role: null,
        tier: 1,
        template: null,
        runtime: 'process',
        command: ['run', '--now'],
        sidecar: false,
        image: null,
        container: {},
        env: {},
        required_env: [],
        agent_runtime: null,
        url: null,
        plugins: [],
        allow_plugins: null,
        schedule: null,
        idle_after: null,
        allow_empty: false,
        policy: {},
      },
      policy: expect.objectContaining({ offline_after: '3m', degraded_at: 0.5, restart_budget: 5 }),
      auth_token: null,
      connection: null,
      replayed: false,
      hint: null,
    });
  });

  it('gives an external agent what it needs to connect', async () => {
    const { body } = await create({ name: 'afar', external: true, url: 'https://agent.example/' });
    expect(body).toMatchObject({ runtime: 'external', url: 'https://agent.example/' });
    expect(body.connection).toEqual({
      url: server.url,
      workspace_id: body.id,
      env: { KEEPWELL_URL: server.url, KEEPWELL_WORKSPACE_ID: body.id, KEEPWELL_TOKEN: body.auth_token },
      plugins: {
        lock: `${server.url}/workspaces/${body.id}/plugins/lock`,
        download: `${server.url}/workspaces/${body.id}/plugins/{name}/download`,
        report: `${server.url}/workspaces/${body.id}/plugin-install-report`,
      },
      snippets: { curl: expect.any(String), node: expect.any(String), python: expect.any(String) },
    });
    expect(body.auth_token).toMatch(/.{20,}/);
  });

  it('takes policies as durations and numbers, and shows them exactly', async () => {
    const policy = { offline_after: '90s', provision_within: 120_000, restart_budget: 3, degraded_at: 0.9 };
    const { body } = await create({ name: 'strict', command: ['run'], policy });
    expect(body.spec.policy).toEqual({ ...policy, provision_within: '2m' });
    expect(server.memory.views.get(body.id)?.spec.policy).toEqual({
      offlineAfterMs: 90_000,
      provisionWithinMs: 120_000,
      restartBudget: 3,
      degradedAt: 0.9,
    });
  });

  it('puts what the body says over what its template says', async () => {
    const { body } = await create({
      name: 'templated',
      template: 'coder',
      env: { LEVEL: '2', OWN: 'x' },
      policy: { restart_budget: 9 },
      plugins: ['extra'],
    });
    expect(body.spec).toMatchObject({
      template: 'coder',
      tier: 2,
      command: ['coder', '--serve'],
      env: { MODE: 'fast', LEVEL: '2', OWN: 'x' },
      policy: { offline_after: '1m', restart_budget: 9 },
      plugins: [
        { name: 'base', source: 'local://base' },
        { name: 'extra', source: 'local://extra' },
      ],
    });
  });

  it('can be done with the spec that another workspace shows', async () => {
    const { body } = await create({
      name: 'original',
      command: ['run'],
      env: { A: '1' },
      plugins: ['lint'],
      tier: 3,
    });
    const copy = await create({ ...body.spec, name: 'copy' });
    expect(copy.status).toBe(201);
    expect(copy.body.spec).toEqual({ ...body.spec, name: 'copy' });
  });
});

describe('an Idempotency-Key', () => {
  it('makes a repeated create answer as before, without the token, and create nothing', async () => {
    const body = { name: 'once', external: true, env: { B: '2', A: '1' } };
    const first = await create(body, { 'idempotency-key': 'k-1' });
    const before = server.memory.snapshot();
    const again = await create(
      { env: { A: '1', B: '2' }, external: true, name: 'once' },
      { 'idempotency-key': 'k-1' },
    );
    expect([again.status, again.body.id, again.headers.get('idempotent-replayed')]).toEqual([
      201,
      first.body.id,
      'true',
    ]);
    expect(again.body).toMatchObject({
      auth_token: null,
      replayed: true,
      hint: expect.stringContaining('token'),
    });
    expect(again.body.connection.env).not.toHaveProperty('KEEPWELL_TOKEN');
    expect(server.memory.snapshot()).toBe(before);
  });

  it('is refused for another request', async () => {
    await create({ name: 'twice', external: true }, { 'idempotency-key': 'k-2' });
    const other = await create({ name: 'thrice', external: true }, { 'idempotency-key': 'k-2' });
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_CONFLICT']);
  });

  it('must be short and plain', async () => {
    const { status, body } = await create(
      { name: 'x', external: true },
      { 'idempotency-key': 'k'.repeat(256) },
    );
    expect([status, body.details[0].path]).toEqual([400, 'headers.idempotency-key']);
  });
});

describe('a merge patch', () => {
  const patch = (key: string, body: object, headers: Record<string, string> = {}) =>
    server.send('PATCH', `/workspaces/${key}`, { body, headers });

  it('changes what it names, removes what it nulls and leaves the rest', async () => {
    const { id } = await server.external('patched', {
      role: 'helper',
      env: { KEEP: '1', DROP: '2' },
      plugins: ['lint'],
      policy: { offline_after: '1m', restart_budget: 2 },
    });
    const { status, body, headers } = await patch(id, {
      role: null,
      tier: 3,
      env: { DROP: null, NEW: '3' },
      policy: { offline_after: null },
    });
    expect([status, headers.get('etag'), body.generation]).toEqual([200, '"2"', 2]);
    expect(body.spec).toMatchObject({
      role: null,
      tier: 3,
      env: { KEEP: '1', NEW: '3' },
      policy: { restart_budget: 2 },
      plugins: [{ name: 'lint', source: 'local://lint' }],
    });
    expect(body.spec.env).not.toHaveProperty('DROP');
    expect(body.spec.policy).not.toHaveProperty('offline_after');
  });

  it.each(['1', '"1"', 'W/"1"'])('with If-Match %s is made only on that generation', async (header) => {
    const { id } = await server.external(`matched-${header.length}`);
    expect((await patch(id, { tier: 2 }, { 'if-match': header })).status).toBe(200);
    const late = await patch(id, { tier: 3 }, { 'if-match': header });
    expect([late.status, late.body.code, late.body.details]).toEqual([
      412,
      'GENERATION_CONFLICT',
      { wanted: 1, in_force: 2 },
    ]);
    expect((await server.send('GET', `/workspaces/${id}`)).body.tier).toBe(2);
    expect((await patch(id, { tier: 3 }, { 'if-match': '*' })).status).toBe(200);
  });

  it('with an If-Match that is no generation is refused', async () => {
    await server.external('mismatched');
    const { status, body } = await patch('mismatched', { tier: 2 }, { 'if-match': '"abc"' });
    expect([status, body.details[0].path]).toEqual([400, 'headers.if-match']);
  });

  it('that changes nothing raises no generation', async () => {
    await server.external('still', { tier: 2 });
    const { status, body } = await patch('still', { tier: 2, env: {}, role: null });
    expect([status, body.generation]).toEqual([200, 1]);
  });

  it('may be sent with its own content type', async () => {
    await server.external('typed');
    const { status } = await server.send('PATCH', '/workspaces/typed', {
      raw: '{"tier":2}',
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(status).toBe(200);
  });

  it('is made again on top when somebody else was faster', async () => {
    await server.external('contested', { env: { A: '1' } });
    const { supervisor } = server.memory;
    const change = supervisor.change.bind(supervisor);
    supervisor.change = async (key, spec, ifGeneration) => {
      supervisor.change = change;
      await change(key, { ...supervisor.view(key).spec, env: { A: '1', B: '2' } }, null);
      return change(key, spec, ifGeneration);
    };
    const { status, body } = await patch('contested', { env: { C: '3' } });
    expect([status, body.spec.env]).toEqual([200, { A: '1', B: '2', C: '3' }]);
  });

  it('may take every plugin away when it says so', async () => {
    await server.external('emptied', { plugins: ['lint'] });
    const { status, body } = await patch('emptied', { plugins: [], allow_empty: true });
    expect([status, body.spec.plugins]).toEqual([200, []]);
  });
});

describe('a list of workspaces', () => {
  it('is read page by page, each workspace once, in order of names', async () => {
    const second = await openServer();
    try {
      for (const name of ['e', 'a', 'd', 'b', 'c']) await second.external(name);
      const names: string[] = [];
      let cursor: string | null = '';
      for (let pages = 0; cursor !== null && pages < 10; pages += 1) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const { body } = await second.send('GET', `/workspaces?limit=2${query}`);
        expect(body.items.length).toBeLessThanOrEqual(2);
        names.push(...body.items.map((each: { name: string }) => each.name));
        cursor = body.next_cursor;
      }
      expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
      await second.send('POST', '/workspaces/c/pause');
      const { body } = await second.send('GET', '/workspaces?status=paused');
      expect(body.items.map((each: { name: string }) => each.name)).toEqual(['c']);
      expect(body.items[0]).not.toHaveProperty('spec');
    } finally {
      await second.close();
    }
  });
});

describe('a workspace', () => {
  it('is found by id and by name, until it is removed', async () => {
    const { id } = await server.external('found');
    expect((await server.send('GET', '/workspaces/found')).body.id).toBe(id);
    expect((await server.send('GET', `/workspaces/${id}`)).body.name).toBe('found');
    const { status, body } = await server.send('DELETE', '/workspaces/found?purge=true');
    expect([status, body]).toEqual([200, { status: 'removed', id }]);
    expect((await server.send('GET', `/workspaces/${id}`)).status).toBe(410);
    expect((await server.send('GET', '/workspaces/found')).status).toBe(404);
  });

  it.each(['restart', 'pause', 'resume', 'hibernate', 'wake', 'retry', 'reconcile'])(
    'can be asked to %s',
    async (verb) => {
      await server.external(`to-${verb}`);
      if (verb === 'wake') await server.send('POST', `/workspaces/to-${verb}/hibernate`);
      const { status, body } = await server.send('POST', `/workspaces/to-${verb}/${verb}`);
      expect([status, body.name]).toEqual([202, `to-${verb}`]);
      expect((await server.send('GET', `/workspaces/to-${verb}/history`)).body.items[0].event).toBe(
        `operator.${verb}`,
      );
    },
  );

  it('explains why it is where it is', async () => {
    await server.external('puzzling');
    const { status, body } = await server.send('GET', '/workspaces/puzzling/why');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      text: 'It waits for the first beat.',
      status: 'provisioning',
      since: '2026-01-02T03:04:05.000Z',
      evidence: { seq: 1, at: '2026-01-02T03:04:05.000Z', from: null },
      next: [{ when: '2026-01-02T03:04:06.000Z', event: 'deadline.passed', to: 'wanted.failed' }],
      operator: [{ verb: 'pause', command: 'keepwell pause demo' }],
    });
  });
});
