import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeepwellError } from '../../src/errors.ts';
import { openServer, type TestServer } from './support.ts';

let server: TestServer;
let agent: { id: string; token: string };

beforeAll(async () => {
  server = await openServer();
  agent = await server.external('agent', { plugins: ['lint'] });
});
afterAll(() => server.close());

type Wrong = [what: string, method: string, path: string, body: unknown, code: string, paths: string[]];

const process = { name: 'new', command: ['run'] };
const nested = (depth: number): unknown => (depth === 0 ? 1 : { deeper: nested(depth - 1) });

const TABLE: Wrong[] = [
  ['no body', 'POST', '/workspaces', undefined, 'BAD_REQUEST', ['']],
  ['a list for a body', 'POST', '/workspaces', [], 'BAD_REQUEST', ['']],
  ['null for a body', 'POST', '/workspaces', null, 'BAD_REQUEST', ['']],
  ['a text for a body', 'POST', '/workspaces', 'x', 'BAD_REQUEST', ['']],
  ['no name', 'POST', '/workspaces', {}, 'BAD_REQUEST', ['name']],
  ['a name with capitals', 'POST', '/workspaces', { ...process, name: 'New' }, 'BAD_REQUEST', ['name']],
  [
    'a name that begins with a dash',
    'POST',
    '/workspaces',
    { ...process, name: '-a' },
    'BAD_REQUEST',
    ['name'],
  ],
  [
    'a name of 64 letters',
    'POST',
    '/workspaces',
    { ...process, name: 'a'.repeat(64) },
    'BAD_REQUEST',
    ['name'],
  ],
  ['a name with a line break', 'POST', '/workspaces', { ...process, name: 'a\n' }, 'BAD_REQUEST', ['name']],
  ['a tier of 4', 'POST', '/workspaces', { ...process, tier: 4 }, 'BAD_REQUEST', ['tier']],
  ['a tier as text', 'POST', '/workspaces', { ...process, tier: '2' }, 'BAD_REQUEST', ['tier']],
  ['half a tier', 'POST', '/workspaces', { ...process, tier: 1.5 }, 'BAD_REQUEST', ['tier']],
  ['no command for a process', 'POST', '/workspaces', { name: 'new' }, 'BAD_REQUEST', ['command']],
  ['an empty command', 'POST', '/workspaces', { name: 'new', command: [''] }, 'BAD_REQUEST', ['command']],
  ['a command as text', 'POST', '/workspaces', { name: 'new', command: 'run' }, 'BAD_REQUEST', ['command']],
  [
    'a NUL in a command',
    'POST',
    '/workspaces',
    { name: 'new', command: ['a\0b'] },
    'BAD_REQUEST',
    ['command.0'],
  ],
  ['a NUL in env', 'POST', '/workspaces', { ...process, env: { A: 'a\0b' } }, 'BAD_REQUEST', ['env.A']],
  ['a number in env', 'POST', '/workspaces', { ...process, env: { A: 1 } }, 'BAD_REQUEST', ['env.A']],
  [
    'an env name with =',
    'POST',
    '/workspaces',
    { ...process, env: { 'A=B': '1' } },
    'BAD_REQUEST',
    ['env.A=B'],
  ],
  [
    'an unknown runtime',
    'POST',
    '/workspaces',
    { ...process, runtime: 'vm' },
    'RUNTIME_UNAVAILABLE',
    ['runtime'],
  ],
  [
    'docker without an image',
    'POST',
    '/workspaces',
    { name: 'new', runtime: 'docker' },
    'BAD_REQUEST',
    ['image'],
  ],
  [
    'an image for a process',
    'POST',
    '/workspaces',
    { ...process, image: 'busybox' },
    'BAD_REQUEST',
    ['image'],
  ],
  [
    'a container for a process',
    'POST',
    '/workspaces',
    { ...process, container: { cpus: 1 } },
    'BAD_REQUEST',
    ['container'],
  ],
  [
    'a container beyond its tier',
    'POST',
    '/workspaces',
    {
      name: 'new',
      runtime: 'docker',
      image: 'busybox',
      tier: 1,
      container: { cpus: 2, memory_mb: 513, pids: 128, network: 'host', privileged: true },
    },
    'BAD_REQUEST',
    ['container.cpus', 'container.memory_mb', 'container.network', 'container.privileged'],
  ],
  [
    'external against runtime',
    'POST',
    '/workspaces',
    { ...process, runtime: 'process', external: true },
    'BAD_REQUEST',
    ['external'],
  ],
  [
    'a command for external',
    'POST',
    '/workspaces',
    { ...process, external: true },
    'BAD_REQUEST',
    ['command'],
  ],
  [
    'a sidecar for external',
    'POST',
    '/workspaces',
    { name: 'new', external: true, sidecar: true },
    'BAD_REQUEST',
    ['sidecar'],
  ],
  [
    'an address that is none',
    'POST',
    '/workspaces',
    { ...process, url: 'javascript:alert(1)' },
    'BAD_REQUEST',
    ['url'],
  ],
  [
    'a template outside its folder',
    'POST',
    '/workspaces',
    { ...process, template: '../../etc' },
    'BAD_REQUEST',
    ['template'],
  ],
  [
    'an unknown policy',
    'POST',
    '/workspaces',
    { ...process, policy: { ofline_after: '1m' } },
    'BAD_REQUEST',
    ['policy.ofline_after'],
  ],
  [
    'a negative duration',
    'POST',
    '/workspaces',
    { ...process, policy: { offline_after: '-1s' } },
    'BAD_DURATION',
    ['policy.offline_after'],
  ],
  [
    'too long a duration',
    'POST',
    '/workspaces',
    { ...process, policy: { offline_after: '30d' } },
    'BAD_DURATION',
    ['policy.offline_after'],
  ],
  [
    'a lease of nothing',
    'POST',
    '/workspaces',
    { ...process, policy: { offline_after: 0 } },
    'BAD_DURATION',
    ['policy.offline_after'],
  ],
  [
    'a rate above 1',
    'POST',
    '/workspaces',
    { ...process, policy: { degraded_at: 1.1 } },
    'BAD_REQUEST',
    ['policy.degraded_at'],
  ],
  [
    'a negative budget',
    'POST',
    '/workspaces',
    { ...process, policy: { restart_budget: -1 } },
    'BAD_REQUEST',
    ['policy.restart_budget'],
  ],
  [
    'thresholds the wrong way round',
    'POST',
    '/workspaces',
    { ...process, policy: { recovered_below: 0.6 } },
    'BAD_REQUEST',
    ['policy.recovered_below'],
  ],
  [
    'a plugin that is a number',
    'POST',
    '/workspaces',
    { ...process, plugins: [1] },
    'BAD_REQUEST',
    ['plugins.0'],
  ],
  [
    'a plugin without a source',
    'POST',
    '/workspaces',
    { ...process, plugins: [{ name: 'x' }] },
    'BAD_REQUEST',
    ['plugins.0.source'],
  ],
  [
    'a plugin with an unknown key',
    'POST',
    '/workspaces',
    { ...process, plugins: [{ source: 'x', sha: '1' }] },
    'BAD_REQUEST',
    ['plugins.0.sha'],
  ],
  [
    'a wrong source',
    'POST',
    '/workspaces',
    { ...process, plugins: ['ok', '../x'] },
    'PLUGIN_SOURCE_INVALID',
    ['plugins.1'],
  ],
  [
    'an unpinned source',
    'POST',
    '/workspaces',
    { ...process, plugins: ['git+https://x/y'] },
    'PLUGIN_UNPINNED',
    ['plugins.0'],
  ],
  [
    'a plugin twice',
    'POST',
    '/workspaces',
    { ...process, plugins: ['x', 'local://x'] },
    'PLUGIN_DUPLICATE',
    ['plugins.1'],
  ],
  [
    'nesting without end',
    'POST',
    '/workspaces',
    { ...process, plugins: [{ source: 'x', config: nested(40) }] },
    'BAD_REQUEST',
    [`plugins.0.config${'.deeper'.repeat(30)}`],
  ],
  [
    'several things at once',
    'POST',
    '/workspaces',
    { name: 'A', tier: 9, colour: 1 },
    'BAD_REQUEST',
    ['colour', 'name', 'tier'],
  ],
  [
    'several later things at once',
    'POST',
    '/workspaces',
    { name: 'new', url: 'x', plugins: ['../x'] },
    'BAD_REQUEST',
    ['command', 'plugins.0', 'url'],
  ],
  ['an unknown template', 'POST', '/workspaces', { ...process, template: 'nope' }, 'TEMPLATE_NOT_FOUND', []],
  ['a name that is taken', 'POST', '/workspaces', { ...process, name: 'agent' }, 'WORKSPACE_EXISTS', []],
  ['no document', 'POST', '/plan', {}, 'BAD_REQUEST', ['name']],
  ['an unknown key in a document', 'POST', '/plan', { ...process, comand: ['x'] }, 'BAD_REQUEST', ['comand']],
  ['a list for a patch', 'PATCH', '/workspaces/agent', [], 'BAD_REQUEST', ['']],
  ['another name', 'PATCH', '/workspaces/agent', { name: 'other' }, 'BAD_REQUEST', ['name']],
  [
    'another runtime',
    'PATCH',
    '/workspaces/agent',
    { runtime: 'process', command: ['x'] },
    'BAD_REQUEST',
    ['runtime'],
  ],
  ['removing the runtime', 'PATCH', '/workspaces/agent', { runtime: null }, 'BAD_REQUEST', ['runtime']],
  ['removing what does not exist', 'PATCH', '/workspaces/agent', { rolle: null }, 'BAD_REQUEST', ['rolle']],
  [
    'removing an unknown policy',
    'PATCH',
    '/workspaces/agent',
    { policy: { x: null } },
    'BAD_REQUEST',
    ['policy.x'],
  ],
  ['a patch that breaks the spec', 'PATCH', '/workspaces/agent', { env: { A: 5 } }, 'BAD_REQUEST', ['env.A']],
  ['emptying plugins in silence', 'PATCH', '/workspaces/agent', { plugins: [] }, 'BAD_REQUEST', ['plugins']],
  [
    'declaring nothing in silence',
    'PUT',
    '/workspaces/agent/plugins/declared',
    { plugins: [] },
    'BAD_REQUEST',
    ['plugins'],
  ],
  ['declaring no list', 'PUT', '/workspaces/agent/plugins/declared', ['lint'], 'BAD_REQUEST', ['']],
  [
    'declaring twice',
    'PUT',
    '/workspaces/agent/plugins/declared',
    { plugins: ['x', 'x'] },
    'PLUGIN_DUPLICATE',
    ['plugins.1'],
  ],
  [
    'a plugin that is declared',
    'POST',
    '/workspaces/agent/plugins',
    { source: 'lint' },
    'PLUGIN_DUPLICATE',
    [],
  ],
  [
    'a plugin with a short hash',
    'POST',
    '/workspaces/agent/plugins',
    { source: 'x', sha256: 'ab' },
    'BAD_REQUEST',
    ['sha256'],
  ],
  [
    'a plugin with another restart',
    'POST',
    '/workspaces/agent/plugins',
    { source: 'x', restart: 'soon' },
    'BAD_REQUEST',
    ['restart'],
  ],
  [
    'a plugin that is not declared',
    'DELETE',
    '/workspaces/agent/plugins/nope',
    undefined,
    'PLUGIN_NOT_DECLARED',
    [],
  ],
  ['a verb the state forbids', 'POST', '/workspaces/agent/wake', undefined, 'STATE_CONFLICT', []],
  ['a limit of 0', 'GET', '/workspaces?limit=0', undefined, 'BAD_REQUEST', ['query.limit']],
  ['a limit that is no number', 'GET', '/workspaces?limit=ten', undefined, 'BAD_REQUEST', ['query.limit']],
  ['two limits', 'GET', '/workspaces?limit=1&limit=2', undefined, 'BAD_REQUEST', ['query.limit']],
  ['a status that is none', 'GET', '/workspaces?status=asleep', undefined, 'BAD_REQUEST', ['query.status']],
  ['a cursor of our own making', 'GET', '/workspaces?cursor=%00', undefined, 'BAD_REQUEST', ['query.cursor']],
  ['an unknown parameter', 'GET', '/workspaces?limt=1', undefined, 'BAD_REQUEST', ['query.limt']],
  ['a prototype parameter', 'GET', '/workspaces?__proto__=1', undefined, 'BAD_REQUEST', ['query.__proto__']],
  [
    'a purge that is no answer',
    'DELETE',
    '/workspaces/agent?purge=perhaps',
    undefined,
    'BAD_REQUEST',
    ['query.purge'],
  ],
  ['a wrong cursor of events', 'GET', '/events?cursor=x', undefined, 'BAD_REQUEST', ['query.cursor']],
  ['a negative position', 'GET', '/events?after=-1', undefined, 'BAD_REQUEST', ['query.after']],
  ['events of nobody', 'GET', '/events?workspace=nobody', undefined, 'WORKSPACE_NOT_FOUND', []],
  [
    'an order that is none',
    'GET',
    '/workspaces/agent/history?order=up',
    undefined,
    'BAD_REQUEST',
    ['query.order'],
  ],
  ['too long a tail', 'GET', '/workspaces/agent/logs?tail=10001', undefined, 'BAD_REQUEST', ['query.tail']],
  ['a broken escape', 'GET', '/workspaces/%zz', undefined, 'BAD_REQUEST', []],
  ['a very long name', 'GET', `/workspaces/${'a'.repeat(600)}`, undefined, 'ROUTE_NOT_FOUND', []],
  ['an unknown route', 'GET', '/workspace', undefined, 'ROUTE_NOT_FOUND', []],
  ['a beat for nobody', 'POST', '/registry/heartbeat', { workspace_id: 'nobody' }, 'WORKSPACE_NOT_FOUND', []],
  ['a beat without an id', 'POST', '/registry/heartbeat', {}, 'BAD_REQUEST', ['workspace_id']],
  ['registering without an id', 'POST', '/registry/register', {}, 'BAD_REQUEST', ['id']],
  [
    'registering with no address',
    'POST',
    '/registry/register',
    { id: 'x', url: 'ftp://x' },
    'BAD_REQUEST',
    ['url'],
  ],
  [
    'a card that is a list',
    'POST',
    '/registry/update-card',
    { workspace_id: 'x', agent_card: [] },
    'BAD_REQUEST',
    ['agent_card'],
  ],
];

describe('a request with', () => {
  it.each(TABLE)(
    '%s is refused with its place and changes nothing',
    async (_what, method, path, body, code, paths) => {
      const before = server.memory.snapshot();
      const answer = await server.send(method, path, { body });
      expect([answer.body.code, answer.body.details]).toEqual([code, answer.body.details]);
      expect(answer.status).toBe(new KeepwellError(answer.body.code).status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.headers.get('x-request-id')).toMatch(/./);
      expect(answer.body).toMatchObject({ status: answer.status, type: `urn:keepwell:error:${code}` });
      for (const sentence of [answer.body.error, answer.body.hint, answer.body.title])
        expect(sentence).toMatch(/\w.*\.$/);
      if (paths.length > 0) expect(pathsOf(answer.body.details)).toEqual(paths);
      for (const { message } of paths.length > 0 ? answer.body.details : []) expect(message).toMatch(/\w/);
      expect(server.memory.snapshot()).toBe(before);
    },
  );
});

const pathsOf = (details: { path: string }[]) => [...new Set(details.map(({ path }) => path))].sort();

describe('a misspelt key', () => {
  it.each([
    ['POST', '/workspaces', { ...process, comand: [] }, '`command`'],
    ['POST', '/workspaces', { ...process, policy: { offlin_after: '1m' } }, '`offline_after`'],
    ['POST', '/workspaces', { ...process, plugins: [{ source: 'x', sha25: '' }] }, '`sha256`'],
    ['PATCH', '/workspaces/agent', { envs: {} }, '`env`'],
    ['GET', '/workspaces?limt=1', undefined, '`limit`'],
  ])('%s %s %j is answered with what may have been meant', async (method, path, body, meant) => {
    const answer = await server.send(method, path, { body });
    expect(answer.body.details[0].message).toBe(`is not known here; did you mean ${meant}?`);
  });
});

describe('a beat', () => {
  const beat = (more: string) =>
    server.send('POST', '/registry/heartbeat', {
      token: agent.token,
      raw: `{"workspace_id":"${agent.id}",${more}}`,
    });

  it.each([
    ['"error_rate":1.01', 'error_rate'],
    ['"error_rate":-0.1', 'error_rate'],
    ['"error_rate":"0.5"', 'error_rate'],
    ['"error_rate":1e999', 'error_rate'],
    ['"error_rate":null', 'error_rate'],
    ['"active_tasks":-1', 'active_tasks'],
    ['"active_tasks":0.5', 'active_tasks'],
    ['"active_tasks":"1"', 'active_tasks'],
    ['"active_tasks":true', 'active_tasks'],
    ['"uptime_seconds":-1', 'uptime_seconds'],
    ['"uptime_seconds":1e999', 'uptime_seconds'],
    ['"quiet_for_seconds":901', 'quiet_for_seconds'],
    ['"quiet_for_seconds":-1', 'quiet_for_seconds'],
    ['"sample_error":{}', 'sample_error'],
    ['"current_task":5', 'current_task'],
    ['"runtime_state":1', 'runtime_state'],
    ['"runtime_metadata":[]', 'runtime_metadata'],
    [
      '"runtime_metadata":{"capabilities":{"status_mgmt":"yes"}}',
      'runtime_metadata.capabilities.status_mgmt',
    ],
  ])('with %s is refused', async (more, path) => {
    const heard = server.memory.beats.length;
    const { status, body } = await beat(more);
    expect([status, body.code, body.details.map((each: { path: string }) => each.path)]).toEqual([
      400,
      'BAD_REQUEST',
      [path],
    ]);
    expect(server.memory.beats).toHaveLength(heard);
  });

  it('may be at every bound', async () => {
    for (const more of [
      '"error_rate":0,"quiet_for_seconds":900',
      '"error_rate":1,"active_tasks":0,"uptime_seconds":0',
    ]) {
      expect((await beat(more)).status).toBe(200);
    }
  });

  it('may bring fields that nobody knows yet', async () => {
    expect(
      (await beat('"colour":"red","loaded_plugins":[{"a":[1]}],"observed_generation":null')).status,
    ).toBe(200);
  });
});

describe('a key that reaches for the prototype', () => {
  it.each([
    ['/workspaces', '{"name":"x","command":["a"],"__proto__":{"tier":3}}', '__proto__'],
    ['/workspaces', '{"name":"x","command":["a"],"env":{"__proto__":"1"}}', 'env.__proto__'],
    ['/workspaces', '{"name":"x","command":["a"],"\\u005f_proto__":{}}', '__proto__'],
    ['/workspaces', '{"name":"x","constructor":{"prototype":{"tier":3}}}', 'constructor'],
    [
      '/plan',
      '{"name":"x","plugins":[{"source":"a","config":{"__proto__":1}}]}',
      'plugins.0.config.__proto__',
    ],
    ['/registry/heartbeat', '{"workspace_id":"x","__proto__":{"error_rate":1}}', '__proto__'],
    ['/registry/heartbeat', '{"workspace_id":"x","\\u005f\\u005fproto__":1}', '__proto__'],
    ['/registry/heartbeat', '{"workspace_id":"x","constructor":{"prototype":1}}', 'constructor'],
    [
      '/registry/update-card',
      '{"workspace_id":"x","agent_card":{"a":{"__proto__":1}}}',
      'agent_card.a.__proto__',
    ],
  ])('in %s %s is refused by name', async (path, raw, place) => {
    const { status, body } = await server.send('POST', path, { raw });
    expect([status, body.code, body.details]).toEqual([
      400,
      'BAD_REQUEST',
      [{ path: place, message: 'is a key that is never allowed' }],
    ]);
  });

  it('in a patch is refused too', async () => {
    const { body } = await server.send('PATCH', '/workspaces/agent', { raw: '{"env":{"__proto__":null}}' });
    expect(body.details[0].path).toBe('env.__proto__');
  });
});

describe('a body', () => {
  it.each(['{', '{"name":}', '{"name":"x"} x', "{'name':1}", '\u0000', '{"secret":"hush-hush"'])(
    'that is not JSON (%j) is refused without being quoted',
    async (raw) => {
      for (const path of ['/workspaces', '/registry/heartbeat']) {
        const { status, body } = await server.send('POST', path, { raw });
        expect([status, body.code]).toEqual([400, 'BAD_JSON']);
        expect(JSON.stringify(body)).not.toContain('hush');
      }
    },
  );

  it.each([
    ['/registry/heartbeat', 16],
    ['/registry/register', 16],
    ['/registry/update-card', 16],
    ['/workspaces', 64],
    ['/plan', 64],
  ])('of %s may have %i KiB and not one byte more', async (path, kib) => {
    const bodyOf = (bytes: number) => `{"x":"${'a'.repeat(bytes - 8)}"}`;
    const fits = await server.send('POST', path, { raw: bodyOf(kib * 1024) });
    expect(fits.body.code).toBe('BAD_REQUEST');
    const over = await server.send('POST', path, { raw: bodyOf(kib * 1024 + 1) });
    expect([over.status, over.body.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('that is a beat with a stack trace is taken, and the trace is cut', async () => {
    const { status } = await server.send('POST', '/registry/heartbeat', {
      token: agent.token,
      body: { workspace_id: agent.id, sample_error: 'e'.repeat(10_000) },
    });
    expect(status).toBe(200);
    expect(server.memory.beats.at(-1)?.beat.sampleError).toHaveLength(1_000);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'nonsense'])(
    'of type %s is refused',
    async (type) => {
      const { status, body } = await server.send('POST', '/workspaces', {
        raw: '{}',
        headers: { 'content-type': type },
      });
      expect([status, body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );
});

describe('a route that exists for another method', () => {
  it.each([
    ['DELETE', '/workspaces', 'GET, POST'],
    ['GET', '/registry/heartbeat', 'POST'],
    ['PUT', '/workspaces/agent', 'DELETE, GET, PATCH'],
    ['GET', '/workspaces/agent/restart', 'POST'],
    ['DELETE', '/workspaces/agent/plugins/declared', null],
    ['POST', '/healthz', 'GET, HEAD'],
  ])('%s %s', async (method, path, allow) => {
    const { status, body, headers } = await server.send(method, path);
    if (allow === null) expect([status, body.code]).toEqual([404, 'PLUGIN_NOT_DECLARED']);
    else expect([status, body.code, headers.get('allow')]).toEqual([405, 'METHOD_NOT_ALLOWED', allow]);
  });
});

describe('what is not HTTP', () => {
  it('is answered in the same form and the connection is closed', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () =>
        socket.write('NONSENSE\r\n\r\n'),
      );
      socket.on('data', (data) => {
        text += data.toString();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'BAD_REQUEST', status: 400 });
  });
});

describe('what nobody foresaw', () => {
  it('is answered with 500 and nothing of it, and logged under the request id', async () => {
    const logged: object[] = [];
    const logger = { info() {}, warn() {}, error: (line: object) => logged.push(line) };
    const second = await openServer({ logger: logger as never });
    try {
      second.memory.state.failWith = new TypeError('the password is hush');
      const { status, body, headers } = await second.send('POST', '/workspaces', {
        body: process,
        headers: { 'x-request-id': 'trace-7' },
      });
      expect([status, body.code, headers.get('x-request-id')]).toEqual([500, 'INTERNAL', 'trace-7']);
      expect(JSON.stringify(body)).not.toContain('hush');
      expect(logged).toEqual([
        expect.objectContaining({ requestId: 'trace-7', err: second.memory.state.failWith }),
      ]);
      second.memory.state.failWith = new KeepwellError('NOT_READY');
      const busy = await second.send('POST', '/workspaces', { body: process });
      expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '2']);
    } finally {
      await second.close();
    }
  });
});

describe('a request id', () => {
  it.each([
    ['abc-123', 'abc-123'],
    ['x'.repeat(129), null],
    ['spaces are not plain', null],
  ])('%s comes back as given only when it is short and plain', async (given, echoed) => {
    for (const path of ['/healthz', '/workspaces', '/nowhere']) {
      const { headers } = await server.send('GET', path, { headers: { 'x-request-id': given } });
      if (echoed !== null) expect(headers.get('x-request-id')).toBe(echoed);
      else expect(headers.get('x-request-id')).toMatch(/^[\w-]{3,40}$/);
    }
  });
});
