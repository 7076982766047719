import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, converged, type FakeSupervisor, openFakeSupervisor, viewOf } from './fake-supervisor.ts';
import { runCli, startCli } from './run-cli.ts';

let fake: FakeSupervisor;
let folder: string;

beforeEach(async () => {
  fake = await openFakeSupervisor();
  folder = mkdtempSync(join(tmpdir(), 'keepwell-cli-'));
});

afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => runCli(['--url', fake.url, '--token', 't', ...args]);

const broken = {
  name: 'broken',
  source: 'git+https://host/x#v1',
  code: 'PLUGIN_FETCH_FAILED',
  message: 'The host is away.',
  attempt: 2,
  retry_at: at(0),
};
const withBroken = converged({
  name: 'second',
  state: 'wanted.online.blocked',
  reason: { code: 'plugins-blocked', message: 'Not installed: broken.', hint: 'It is tried again.' },
  plugins: {
    declared: 2,
    installed: 1,
    failed: 1,
    generation: 3,
    pending: false,
    held: [],
    blocked: [broken],
  },
});

describe('every command', () => {
  it('shows the token it was given, and asks for JSON', async () => {
    fake.answer('GET /workspaces/demo', { body: converged() });
    await run('get', 'demo');

    expect(fake.seen[0]?.headers).toMatchObject({ authorization: 'Bearer t', accept: 'application/json' });
  });

  it('finds supervisor and token in the data folder by itself', async () => {
    writeFileSync(join(folder, 'server.json'), JSON.stringify({ url: fake.url, pid: 1 }));
    writeFileSync(join(folder, 'admin-token'), 'from-folder\n');
    chmodSync(join(folder, 'admin-token'), 0o600);
    fake.answer('GET /workspaces', { body: { items: [], next_cursor: null } });

    const { code } = await runCli(['ls', '--data', folder]);
    expect(code).toBe(0);
    expect(fake.seen[0]?.headers.authorization).toBe('Bearer from-folder');
  });

  it('is plain where there is no terminal, and coloured where that is forced', async () => {
    fake.answer('GET /workspaces', { body: { items: [converged()], next_cursor: null } });
    const args = ['ls', '--url', fake.url];

    const plain = await runCli(args);
    const forced = await runCli(args, { env: { FORCE_COLOR: '1' } });
    const refused = await runCli(args, { env: { NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\u001b[');
    // Between two runs an age may become a word longer or shorter.
    const ageless = (text: string) => text.replaceAll(/\d+[smhd]( \d+[smhd])?/g, '…').replaceAll(/ +/g, ' ');
    expect(ageless(refused.stdout)).toBe(ageless(plain.stdout));
    expect(forced.stdout).toContain('\u001b[32monline');
  });

  it('is quiet when nobody reads on', async () => {
    const items = Array.from({ length: 1_000 }, (_, index) =>
      converged({ name: `w${index}`.padEnd(60, 'x') }),
    );
    fake.answer('GET /workspaces', { body: { items, next_cursor: null } });
    const { child, ended } = startCli(['ls', '--url', fake.url]);
    child.stdout?.once('data', () => child.stdout?.destroy());

    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('ls', () => {
  it('lists workspaces over all pages, one aligned line each', async () => {
    fake.answer('GET /workspaces', ({ query }) =>
      query.cursor === 'two'
        ? { body: { items: [withBroken], next_cursor: null } }
        : { body: { items: [converged({ name: 'a' })], next_cursor: 'two' } },
    );

    const { code, lines } = await run('ls', '--status', 'online');
    expect(code).toBe(0);
    expect(lines.map((line) => line.slice(0, 24))).toEqual([
      'NAME    STATUS          ',
      'a       online          ',
      'second  online (blocked)',
    ]);
    expect(lines[2]).toMatch(/ 1\/2 .* Not installed: broken\.$/);
    expect(fake.seen[0]?.query).toMatchObject({ status: 'online' });
  });

  it('says what to do when there is none', async () => {
    fake.answer('GET /workspaces', { body: { items: [], next_cursor: null } });

    expect((await run('ls')).stdout).toBe('No workspace yet; `keepwell create` makes one.\n');
  });

  it('with --json prints one document', async () => {
    fake.answer('GET /workspaces', { body: { items: [withBroken], next_cursor: null } });

    expect(JSON.parse((await run('ls', '--json')).stdout)).toEqual({
      items: [withBroken],
      next_cursor: null,
    });
  });
});

describe('get', () => {
  it('shows status, reason, what to do and why each plugin is missing', async () => {
    fake.answer('GET /workspaces/second', { body: withBroken });

    const { stdout } = await run('get', 'second');
    expect(stdout).toMatch(/^status +online \(blocked\) for /m);
    expect(stdout).toMatch(/^reason +Not installed: broken\.$/m);
    expect(stdout).toMatch(/^what to do +It is tried again\.$/m);
    expect(stdout).toMatch(/^plugins +1 of 2 plugins installed \(set 3\)$/m);
    expect(stdout).toMatch(/^ {2}broken +The host is away\. Try 3 /m);
  });

  it('prints nothing that a terminal would obey', async () => {
    fake.answer('GET /workspaces/demo', { body: converged({ current_task: 'a\u001b[2Jb\nc' }) });

    expect((await run('get', 'demo')).stdout).toMatch(/^doing +a \[2Jb c$/m);
  });
});

describe('why', () => {
  it('says the rule, the reason, what comes next and what one can do', async () => {
    fake.answer('GET /workspaces/demo/why', {
      body: {
        text: 'Offline since 12:00. Its agent is not heard.',
        status: 'offline',
        state: 'wanted.offline',
        since: at(0),
        rule: 'Its agent is not heard.',
        reason: {
          code: 'instance-exited',
          message: 'Its process exited with code 1.',
          hint: 'See the logs.',
        },
        evidence: {
          seq: 9,
          at: at(0),
          event: 'instance.exited',
          from: 'wanted.online.converged',
          to: 'wanted.offline',
        },
        next: [{ when: at(0), event: 'restartAt', to: 'wanted.restarting', text: 'It is restarted' }],
        operator: [
          { verb: 'restart', command: 'keepwell restart demo', text: 'restarts it' },
          { verb: 'pause', command: 'keepwell pause demo', text: 'stops it' },
        ],
      },
    });

    const { stdout } = await run('why', 'demo');
    expect(stdout).toMatch(/^state +offline for /m);
    expect(stdout).toMatch(/^Offline since 12:00\. Its agent is not heard\.\n\n/);
    expect(stdout).toMatch(/^evidence +instance\.exited, .* ago \(event 9\)$/m);
    expect(stdout).toMatch(/^next +It is restarted, .* \(restartAt: restarting\)$/m);
    expect(stdout).toMatch(/^you can +keepwell restart demo  restarts it\n +keepwell pause demo  stops it$/m);
  });
});

describe('create', () => {
  it('sends what was asked for, with a key that makes a repetition harmless', async () => {
    fake.answer('POST /workspaces', { status: 201, body: { ...viewOf(), connection: null } });

    const { code, stdout } = await run(
      ...'create demo --role writer --tier 2 --sidecar'.split(' '),
      ...'--plugin a --plugin local://b --env X=1 --env Y=a=b'.split(' '),
      ...'-- node agent.js --url theirs'.split(' '),
    );
    expect(code).toBe(0);
    expect(stdout).toContain('demo created');
    const [request] = fake.seen;
    expect(request?.body).toEqual({
      name: 'demo',
      role: 'writer',
      tier: 2,
      sidecar: true,
      plugins: ['a', 'local://b'],
      env: { X: '1', Y: 'a=b' },
      command: ['node', 'agent.js', '--url', 'theirs'],
    });
    expect(request?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('asks for a container where an image is given', async () => {
    fake.answer('POST /workspaces', {
      status: 201,
      body: { ...viewOf({ runtime: 'docker' }), connection: null },
    });
    await run('create', 'demo', '--image', 'acme/agent:2');
    expect(fake.seen[0]?.body).toEqual({ name: 'demo', runtime: 'docker', image: 'acme/agent:2' });
  });

  it('shows once what an external agent needs', async () => {
    const env = { KEEPWELL_URL: fake.url, KEEPWELL_WORKSPACE_ID: 'x', KEEPWELL_TOKEN: 'kww_secret' };
    const connection = { url: fake.url, workspace_id: 'x', env };
    fake.answer('POST /workspaces', {
      status: 201,
      body: { ...viewOf({ runtime: 'external' }), connection },
    });

    const { stdout } = await run('create', 'demo', '--external');
    expect(stdout).toContain('  KEEPWELL_TOKEN=kww_secret\n');
    expect(fake.seen[0]?.body).toEqual({ name: 'demo', external: true });
  });
});

describe('pause, resume, hibernate, wake, retry, reconcile', () => {
  it.each(['pause', 'resume', 'hibernate', 'wake', 'retry', 'reconcile', 'restart'])(
    '%s asks for it',
    async (verb) => {
      fake.answer(`POST /workspaces/demo/${verb}`, {
        status: 202,
        body: converged({ restart_pending: true }),
      });

      const { code, stdout } = await run(verb, 'demo');
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `demo: ${verb} accepted, it is online, restart pending\n`,
      });
    },
  );
});

describe('rm', () => {
  it('asks first, and without a terminal wants --yes', async () => {
    fake.answer('GET /workspaces/demo', { body: viewOf() });

    const { code, stderr } = await run('rm', 'demo');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'error: Removing demo needs a confirmation, and there is no terminal to ask.\nhint: Add --yes.\n',
    });
    expect(fake.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('removes by id, so that nobody else with that name is meant', async () => {
    fake.answer('GET /workspaces/demo', { body: viewOf() });
    fake.answer(`DELETE /workspaces/${viewOf().id}`, { body: { status: 'removed', id: viewOf().id } });

    const { code, stdout } = await run('rm', 'demo', '--yes', '--purge');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'demo removed with its files\n' });
    expect(fake.seen[1]?.query).toEqual({ purge: 'true' });
  });
});

describe('plugins', () => {
  it('lists what is declared, installed, changed, blocked and left over', async () => {
    const installed = (name: string, intact = true) => ({
      name,
      source: `local://${name}`,
      revision: 'abcdef0123456789',
      tree_hash: 'x',
      actual_hash: 'x',
      intact,
      restart: 'auto',
    });
    fake.answer('GET /workspaces/demo/plugins', {
      body: {
        declared: ['a', 'b', 'c', 'broken'].map((name) => ({ name, source: `local://${name}` })),
        installed: { generation: 2, plugins: [installed('a'), installed('b', false), installed('old')] },
        blocked: [broken],
        held: [],
        outdated: [],
      },
    });

    const { lines } = await run('plugins', 'ls', 'demo');
    expect(lines.slice(1).map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['a', 'installed', 'abcdef012345'],
      ['b', 'changed', 'abcdef012345'],
      ['c', 'missing', '–'],
      ['broken', 'blocked', '–'],
      ['old', 'undeclared', 'abcdef012345'],
    ]);
  });

  it('declares and undeclares one', async () => {
    fake.answer('POST /workspaces/demo/plugins', { status: 202, body: viewOf() });
    fake.answer('DELETE /workspaces/demo/plugins/a', { status: 202, body: viewOf() });

    const hash = 'a'.repeat(64);
    expect((await run('plugins', 'add', 'demo', 'a', '--sha256', hash, '--restart', 'never')).stdout).toBe(
      'a declared\n',
    );
    expect((await run('plugins', 'rm', 'demo', 'a')).stdout).toBe('a undeclared\n');
    expect(fake.seen[0]?.body).toEqual({ source: 'a', sha256: hash, restart: 'never' });
  });

  it('shows what a reconcile would do', async () => {
    const keep = { name: 'a', action: 'keep', why: 'in place', restart: true };
    const add = { name: 'b', action: 'add', why: 'not installed', restart: true };
    fake.answer('GET /workspaces/demo/plugins/plan', { body: { items: [keep, add] } });
    expect((await run('plugins', 'plan', 'demo')).lines.at(-1)).toMatch(/^b +add +yes +not installed$/);

    fake.answer('GET /workspaces/demo/plugins/plan', { body: { items: [keep] } });
    expect((await run('plugins', 'plan', 'demo')).stdout).toMatch(/would change nothing/);
  });
});

describe('history and events', () => {
  beforeEach(() => {
    fake.tell('workspace.created', 'wanted.provisioning');
    fake.tell('heartbeat.received', 'wanted.online.reconciling');
    fake.tell('brand.new', 'wanted.online.converged', { cause: { colour: 'blue' } });
    fake.answer('GET /workspaces/demo/history', ({ query }) => ({
      body: {
        items: fake.journal.toReversed().slice(0, Number(query.limit)),
        next_cursor: null,
        last_seq: 3,
      },
    }));
    fake.answer('GET /events', ({ query }) => ({
      body: {
        items: fake.journal.filter(({ seq }) => seq > Number(query.after ?? 0)).slice(0, Number(query.limit)),
        next_cursor: null,
        last_seq: 3,
      },
    }));
    fake.answer(`GET /workspaces/${viewOf().id}`, { body: viewOf() });
  });

  it('shows a history in words, the latest last, and an unknown event as it is', async () => {
    const { lines } = await run('history', 'demo', '-n', '2');

    expect(lines).toEqual([
      '2026-01-01 00:00:02  online          first beat',
      '2026-01-01 00:00:03  converged       brand.new colour=blue',
    ]);
  });

  it('shows the events of all, with names', async () => {
    const { lines } = await run('events', '-n', '1');

    expect(lines).toEqual(['2026-01-01 00:00:03  demo                converged       brand.new colour=blue']);
  });

  it('follows events over a lost connection, one JSON row per line, until Ctrl-C', async () => {
    const running = startCli(['events', '-f', '-n', '1', '--json', '--url', fake.url]);
    await running.printed('brand.new');
    while (fake.streams.size === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    fake.tell('operator.paused', 'resting.pausing');
    await running.printed('operator.paused');
    await fake.down();
    fake.tell('stop.settled', 'resting.paused');
    await fake.up();
    await running.printed('stop.settled');
    running.child.kill('SIGINT');

    const { code, lines } = await running.ended;
    expect(code).toBe(130);
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([3, 4, 5]);
  });

  it('does not wait for a supervisor that was never there', async () => {
    await fake.down();

    expect(await run('events', '-f')).toMatchObject({ code: 4 });
  });
});

describe('logs', () => {
  it('prints lines as they are, and as JSON one object per line', async () => {
    fake.answer('GET /workspaces/demo/logs', { text: 'one\ntwo — \u001b[31mred\u001b[0m\nlast' });

    expect((await run('logs', 'demo', '-n', '3')).stdout).toBe('one\ntwo — \u001b[31mred\u001b[0m\nlast\n');
    expect((await run('logs', 'demo', '--json')).lines[0]).toBe('{"line":"one"}');
    expect(fake.seen[0]?.query).toEqual({ tail: '3' });
  });
});

describe('status', () => {
  const health = {
    ready: true,
    problems: [],
    notices: ['5 of 9 agents fell silent at once.'],
    store: { writable: true, since: null, problem: null, pending: 0 },
    workspaces: { online: 2, awaiting_agent: 1, failed: 0 },
    last_seq: 12,
    uptime_seconds: 3_700,
    version: '9.9.9',
  };

  it('says how the supervisor is', async () => {
    fake.answer('GET /health', { body: health });

    const { code, stdout } = await run('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^supervisor +ready at http/m);
    expect(stdout).toMatch(/^up +1h 1m$/m);
    expect(stdout).toMatch(/^notice +5 of 9 agents fell silent at once\.$/m);
    expect(stdout).toMatch(/^workspaces +2 online, 1 awaiting agent$/m);
  });

  it('ends with 1 and says why when it is not ready', async () => {
    fake.answer('GET /health', { body: { ...health, ready: false, problems: ['The disk is full.'] } });

    const { code, stdout } = await run('status');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem +The disk is full\.$/m);
  });
});

describe('config show', () => {
  it('prints every value and, with --origin, where it is from, but no secret', async () => {
    writeFileSync(join(folder, 'keepwell.yaml'), 'offline_after: 2m\nadmin_token: s3cret\n');

    const { code, stdout } = await runCli(
      ['config', 'show', '--origin', '--data', folder, '--port', '8000'],
      {
        env: { KEEPWELL_LOG_LEVEL: 'debug' },
      },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^port +8000 +--port$/m);
    expect(stdout).toMatch(/^log_level +debug +KEEPWELL_LOG_LEVEL$/m);
    expect(stdout).toMatch(/^offline_after +2m +keepwell\.yaml$/m);
    expect(stdout).toMatch(/^stop_grace +10s +default$/m);
    expect(stdout).toMatch(/^admin_token +•+ +keepwell\.yaml$/m);
    expect(stdout).not.toContain('s3cret');
  });
});

describe('version', () => {
  it('prints the version', async () => {
    expect((await runCli(['version'])).stdout).toMatch(/^keepwell \d+\.\d+\.\d+ \(node 24\./);
    expect(JSON.parse((await runCli(['version', '--json'])).stdout)).toMatchObject({
      node: process.versions.node,
    });
  });
});
