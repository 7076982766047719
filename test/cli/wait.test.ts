import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WireView } from '../../src/cli/wire.ts';
import { at, converged, type FakeSupervisor, openFakeSupervisor, viewOf } from './fake-supervisor.ts';
import { type RunningCli, startCli } from './run-cli.ts';

let fake: FakeSupervisor;
let cli: RunningCli | null = null;
/** What the supervisor says of the workspace now. */
let view: WireView;

const { id } = viewOf();

beforeEach(async () => {
  fake = await openFakeSupervisor();
  view = viewOf();
  fake.answer('POST /workspaces', () => ({
    status: 201,
    body: { ...view, auth_token: null, connection: null },
  }));
  fake.answer(`GET /workspaces/${id}`, () => ({ body: view }));
});

afterEach(async () => {
  cli?.child.kill('SIGKILL');
  await cli?.ended;
  await fake.close();
});

const run = (...args: string[]) => {
  cli = startCli([...args, '--url', fake.url, '--token', 't']);
  return cli;
};

/** Resolves when the command follows the journal. */
const followed = async () => {
  while (fake.streams.size === 0) await new Promise((resolve) => setTimeout(resolve, 10));
};

const create = async (...more: string[]) => {
  const running = run('create', 'demo', '--template', 'seo-agent', '--wait', ...more);
  await followed();
  return running;
};

const note = { kind: 'note' } as const;

const comeOnline = () => {
  fake.tell('workspace.created', 'wanted.provisioning');
  fake.tell('instance.started', 'wanted.provisioning', { ...note, cause: { pid: 71, incarnation: 1 } });
  fake.tell('provision.settled', 'wanted.provisioning', { cause: { output: { kind: 'running' } } });
  fake.tell('heartbeat.received', 'wanted.online.reconciling');
};

const installAndRestart = () => {
  fake.tell('plugins.planned', 'wanted.online.reconciling', {
    ...note,
    cause: { add: ['seo-all'], update: [], remove: [] },
  });
  fake.tell('plugin.fetched', 'wanted.online.reconciling', {
    ...note,
    cause: { name: 'seo-all', revision: null },
  });
  fake.tell('plugins.switched', 'wanted.online.reconciling', {
    ...note,
    cause: { generation: 1, changed: ['seo-all'], restartNeeded: true },
  });
  fake.tell('reconcile.settled', 'wanted.restarting', {
    cause: { output: { changed: ['seo-all'], failed: [], restartNeeded: true, generation: 1, error: null } },
  });
};

const comeBack = () => {
  fake.tell('stop.settled', 'wanted.provisioning', { cause: { output: { kind: 'stopped' } } });
  fake.tell('instance.started', 'wanted.provisioning', { ...note, cause: { pid: 72, incarnation: 2 } });
  fake.tell('heartbeat.received', 'wanted.online.reconciling');
  view = converged();
  fake.tell('reconcile.settled', 'wanted.online.converged', {
    cause: { output: { changed: [], failed: [], restartNeeded: false, generation: 1, error: null } },
  });
};

describe('create --wait', () => {
  it('prints each step, aligned, until the workspace is online with its plugins', async () => {
    const running = await create();
    comeOnline();
    installAndRestart();
    comeBack();

    const { code, stdout, stderr } = await running.ended;
    expect(stdout).toMatchInlineSnapshot(`
      "   0.0s  provisioning    created from template seo-agent
         1.0s  provisioning    process started (pid 71, incarnation 1)
         3.0s  online          first beat
         4.0s  online          plugins planned: add seo-all
         5.0s  online          plugin seo-all fetched
         6.0s  online          plugins installed: seo-all (set 1)
         7.0s  restarting      plugins settled: changed seo-all, restart needed
         8.0s  provisioning    process stopped
         9.0s  provisioning    process started (pid 72, incarnation 2)
        10.0s  online          first beat
        11.0s  converged       plugins settled: all in place

      demo is online, 1 plugin installed
      "
    `);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('survives a supervisor that is killed: says so, and goes on where it was', async () => {
    const running = await create();
    comeOnline();
    await running.printed('first beat');
    await fake.down();
    await running.printed('connection to the supervisor lost');
    installAndRestart();
    await fake.up();
    await running.printed('connected again');
    comeBack();

    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    const steps = ['pid 71', 'connection to the supervisor lost', 'connected again', 'seo-all fetched'];
    expect(steps.map((step) => stdout.split(step).length - 1)).toEqual([1, 1, 1, 1]);
    expect(steps.map((step) => stdout.indexOf(step))).toEqual(
      steps.map((step) => stdout.indexOf(step)).toSorted((a, b) => a - b),
    );
    const resumed = fake.seen.filter(({ headers }) => headers.accept === 'text/event-stream').at(-1);
    expect(resumed?.headers['last-event-id']).toBe('4');
  });

  it('bears with a supervisor that is still starting', async () => {
    const running = await create();
    comeOnline();
    await running.printed('first beat');
    let refusals = 0;
    await fake.down();
    fake.answer(`GET /workspaces/${id}`, () => {
      refusals += 1;
      return refusals > 1
        ? { body: view }
        : { status: 503, body: { error: 'It is starting.', code: 'NOT_READY', hint: 'Wait.' } };
    });
    await fake.up();
    await running.printed('connected again');
    installAndRestart();
    comeBack();

    expect((await running.ended).code).toBe(0);
    expect(refusals).toBeGreaterThan(0);
  });

  it('does not end while a restart is pending, nor with an older generation in place', async () => {
    const running = await create();
    comeOnline();
    view = converged({ restart_pending: true });
    fake.tell('reconcile.settled', 'wanted.online.converged', { cause: { output: {} } });
    await running.printed('plugins settled');
    const looksBefore = fake.seen.length;
    while (fake.seen.length === looksBefore) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(running.child.exitCode).toBeNull();
    view = converged({ observed_generation: 0 });
    fake.tell('spec.changed', 'wanted.online.converged', { cause: { generation: 2 } });
    await running.printed('spec changed');
    installAndRestart();
    comeBack();

    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('fetched');
  });

  it('ends with 1, the reason and what to do when the workspace failed', async () => {
    const running = await create();
    const reason = { code: 'crash-loop', message: 'It went down 6 times.', hint: 'See `keepwell logs`.' };
    view = viewOf({ status: 'failed', state: 'wanted.failed', reason });
    comeOnline();
    fake.tell('instance.exited', 'wanted.offline', { cause: { code: 3, signal: null }, reason });
    fake.tell('deadline.passed', 'wanted.failed', { cause: { deadline: 'restartAt' }, reason });

    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('process exited with code 3');
    expect(stderr).toBe('error: demo failed: It went down 6 times.\nhint: See `keepwell logs`.\n');
  });

  it('ends with 1 and each cause when plugins are blocked for good', async () => {
    const running = await create();
    const blocked = {
      name: 'nope',
      source: 'local://nope',
      code: 'PLUGIN_NOT_FOUND',
      message: 'There is no such plugin.',
      attempt: 1,
      retry_at: at(9_000),
    };
    view = converged({
      state: 'wanted.online.blocked',
      plugins: {
        declared: 2,
        installed: 1,
        failed: 1,
        generation: 1,
        pending: false,
        held: [],
        blocked: [blocked],
      },
    });
    comeOnline();
    fake.tell('reconcile.settled', 'wanted.online.blocked', {
      cause: { output: { changed: [], failed: [blocked], error: null } },
    });

    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('plugins settled: not installed nope');
    expect(stderr).toContain('error: demo is online without 1 plugin: There is no such plugin.');
    expect(stderr.match(/There is no such plugin/g)).toHaveLength(1);
    expect(stderr).toMatch(/^hint: /m);
  });

  it('waits on while a plugin is blocked by what may pass', async () => {
    const running = await create();
    const blocked = {
      name: 'seo-all',
      source: 'git+https://host/x#main',
      code: 'PLUGIN_FETCH_FAILED',
      message: 'The host is away.',
      attempt: 1,
      retry_at: at(9_000),
    };
    view = converged({
      state: 'wanted.online.blocked',
      plugins: {
        declared: 1,
        installed: 0,
        failed: 1,
        generation: 0,
        pending: false,
        held: [],
        blocked: [blocked],
      },
    });
    comeOnline();
    fake.tell('reconcile.settled', 'wanted.online.blocked', {
      cause: { output: { changed: [], failed: [blocked], error: null } },
    });
    await running.printed('not installed seo-all');
    fake.tell('deadline.passed', 'wanted.online.reconciling', { cause: { deadline: 'retryAt' } });
    await running.printed('trying its plugins again');
    installAndRestart();
    comeBack();

    expect((await running.ended).code).toBe(0);
  });

  it('ends with 1 when somebody puts the workspace to rest', async () => {
    const running = await create();
    view = viewOf({ status: 'paused', state: 'resting.paused' });
    fake.tell('operator.paused', 'resting.pausing');

    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('demo was put to rest') });
  });

  it('says what has to be done where an external agent runs', async () => {
    view = viewOf({ runtime: 'external', status: 'awaiting_agent', state: 'wanted.awaitingAgent' });
    const running = await create();
    fake.tell('workspace.created', 'wanted.awaitingAgent');
    await running.printed('its agent runs elsewhere: start it there');
    view = converged({ runtime: 'external', restart_pending: true });
    fake.tell('reconcile.settled', 'wanted.online.converged', {
      cause: { output: { changed: ['seo-all'] } },
    });
    await running.printed('its agent runs elsewhere: restart it there');
    view = converged({ runtime: 'external' });
    fake.tell('agent.registered', 'wanted.online.converged');

    expect((await running.ended).code).toBe(0);
  });

  it('ends with 5 when it takes longer than --timeout', async () => {
    const running = await create('--timeout', '600ms');
    comeOnline();

    const { code, stderr } = await running.ended;
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /^error: demo has not settled within 1s; it is provisioning\.\nhint: .*keepwell why demo/,
    );
  });

  it('ends with 130 on Ctrl-C, and says that the work goes on', async () => {
    const running = await create();
    comeOnline();
    await running.printed('first beat');
    running.child.kill('SIGINT');

    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringContaining('demo goes on by itself'),
    });
  });

  it('with --json prints the answer, each row and the final view, one document per line', async () => {
    const running = await create('--json');
    comeOnline();
    installAndRestart();
    comeBack();

    const { code, lines } = await running.ended;
    expect(code).toBe(0);
    const documents = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(documents[0]).toMatchObject({ id, status: 'provisioning' });
    expect(documents.slice(1, -1)).toEqual(fake.journal);
    expect(documents.at(-1)).toEqual(view);
  });
});

describe('restart --wait', () => {
  it('prints only what the restart caused', async () => {
    comeOnline();
    fake.answer('GET /workspaces/demo/history', {
      body: { items: [{ seq: 4 }], next_cursor: null, last_seq: 4 },
    });
    fake.answer('POST /workspaces/demo/restart', { status: 202, body: viewOf({ observed_generation: 1 }) });
    const running = run('restart', 'demo', '--wait');
    await followed();
    fake.tell('operator.restarted', 'wanted.restarting');
    comeBack();

    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain('pid 71');
    expect(stdout).toMatch(/^ +0\.0s {2}restarting +restart asked for$/m);
  });

  it('ends with 1 when the restart was declined and the agent was left running', async () => {
    comeOnline();
    fake.answer('GET /workspaces/demo/history', {
      body: { items: [{ seq: 4 }], next_cursor: null, last_seq: 4 },
    });
    fake.answer('POST /workspaces/demo/restart', { status: 202, body: viewOf() });
    const reason = {
      code: 'restart-declined',
      message: 'A restart was declined.',
      hint: 'Mend the command.',
    };
    view = converged({ reason });

    const { code, stderr } = await run('restart', 'demo', '--wait').ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: A restart was declined.\nhint: Mend the command.\n',
    });
  });
});

describe('wake --wait', () => {
  const refuse = (state: string) => {
    view = converged();
    fake.answer('GET /workspaces/demo', () => ({ body: view }));
    fake.answer('GET /workspaces/demo/history', { body: { items: [], next_cursor: null } });
    fake.answer('POST /workspaces/demo/wake', {
      status: 409,
      body: { error: 'Not possible.', code: 'STATE_CONFLICT', hint: null, details: { state } },
    });
    return run('wake', 'demo', '--wait');
  };

  it.each(['awake', 'waking'])('is content with one that is %s already', async (state) => {
    expect((await refuse(state).ended).code).toBe(0);
  });

  it('fails with one that cannot be woken', async () => {
    expect((await refuse('cannot').ended).code).toBe(1);
  });
});
