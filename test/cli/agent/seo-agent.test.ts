import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beatReply, openRegistryServer, type RegistryServer, refusal } from './registry-server.ts';
import { type RunningProcess, runProcess } from './run-process.ts';
import { until } from './until.ts';

const DATA = join(import.meta.dirname, '../../../data');
const AGENT = join(DATA, 'templates/seo-agent/agent.mjs');

let server: RegistryServer;
let root: string;
let running: RunningProcess[] = [];

beforeEach(async () => {
  server = await openRegistryServer();
  root = await mkdtemp(join(tmpdir(), 'keepwell-seo-agent-'));
  await mkdir(join(root, 'workspace'), { recursive: true });
  await cp(join(DATA, 'registry/seo-all'), join(root, 'configs/plugins/seo-all'), { recursive: true });
});
afterEach(async () => {
  for (const agent of running) await agent.destroy();
  running = [];
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const startAgent = (env: Record<string, string> = {}) => {
  const agent = runProcess([process.execPath, AGENT], {
    cwd: join(root, 'workspace'),
    env: {
      KEEPWELL_URL: server.url,
      KEEPWELL_WORKSPACE_ID: 'w1',
      KEEPWELL_TOKEN: 'first-token',
      WORKSPACE_CONFIG_PATH: join(root, 'configs'),
      ...env,
    },
  });
  running.push(agent);
  return agent;
};
const misbehave = (how: string) => writeFile(join(root, 'workspace/misbehave'), how);
const registrations = () => server.seen.filter(({ path }) => path === '/registry/register');

describe('the sample agent', { timeout: 60_000 }, () => {
  it('lists the plugins and skills it finds, then registers with them, then beats', async () => {
    const agent = startAgent();
    await server.heard(1);
    for (const line of [
      'plugin seo-all',
      'skill seo-all/keyword-brief',
      'skill seo-all/meta-tags',
      'skill seo-all/seo-audit',
      'registered',
    ]) {
      await agent.printed(`[seo-agent] ${line}\n`);
    }
    expect(server.seen[0]).toMatchObject({
      path: '/registry/register',
      token: 'first-token',
      body: { id: 'w1', agent_card: { name: 'seo-agent' } },
    });
    expect(server.lastBeat()).toMatchObject({
      workspace_id: 'w1',
      error_rate: 0,
      runtime_state: '',
      loaded_plugins: ['seo-all'],
    });
  });

  it('works with one skill after the other and tells how long it has been running', async () => {
    startAgent({ KEEPWELL_INCARNATION: '4' });
    await server.heard(4);
    await until(() => Number(server.lastBeat().uptime_seconds) >= 1, 'an uptime of 1 s');
    const tasks = server.beats().map(({ body }) => String(body.current_task));
    for (const skill of ['keyword-brief', 'meta-tags', 'seo-audit']) {
      expect(tasks.some((task) => task.startsWith(`seo-all/${skill}: `))).toBe(true);
    }
    expect(server.beats()[0]?.body).toMatchObject({ active_tasks: 1, uptime_seconds: 0, incarnation: 4 });
  });

  it('beats about as often as the replies ask', async () => {
    server.told.heartbeat = () => beatReply({ interval_seconds: 0.5 });
    startAgent();
    await server.heard(4);
    const times = server.beats().map(({ at }) => at);
    expect((times[3] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(3 * 500 * 0.9 - 100);
  });

  it('notices a skill that comes while it runs', async () => {
    const agent = startAgent();
    await server.heard(1);
    await mkdir(join(root, 'configs/plugins/other/skills/new-one'), { recursive: true });
    await writeFile(join(root, 'configs/plugins/other/skills/new-one/SKILL.md'), '# New\n');
    await agent.printed('skills changed: other/new-one, seo-all/keyword-brief');
    await until(() => String(server.lastBeat().current_task).startsWith('other/new-one'), 'work with it');
  });

  it('runs on the names that existing runtimes read, with the token of the file', async () => {
    await writeFile(join(root, 'configs/.auth_token'), 'file-token\n');
    startAgent({
      KEEPWELL_URL: '',
      KEEPWELL_WORKSPACE_ID: '',
      KEEPWELL_TOKEN: '',
      PLATFORM_URL: `${server.url}/`,
      WORKSPACE_ID: 'w2',
    });
    await server.heard(1);
    expect(server.beats()[0]).toMatchObject({ token: 'file-token', body: { workspace_id: 'w2' } });
  });

  it('only beats when it is told never to register', async () => {
    startAgent({ KEEPWELL_AGENT_REGISTER: 'never' });
    await server.heard(3);
    expect(registrations()).toEqual([]);
  });

  it('keeps the token that registering gives it', async () => {
    server.told.register = () => ({ body: { auth_token: 'given-token' } });
    startAgent({ KEEPWELL_TOKEN: '' });
    await server.heard(1);
    expect(server.beats()[0]?.token).toBe('given-token');
    expect(await readFile(join(root, 'configs/.auth_token'), 'utf8')).toBe('given-token\n');
  });

  it('looks for another token after a 401', async () => {
    await writeFile(join(root, 'configs/.auth_token'), 'second-token');
    server.told.heartbeat = ({ token }) =>
      token === 'second-token' ? beatReply() : refusal(401, 'UNAUTHORIZED');
    startAgent();
    await server.heard(3);
    expect(server.beats().map(({ token }) => token)).toEqual(
      expect.arrayContaining(['first-token', 'second-token']),
    );
    expect(server.beats()[2]?.token).toBe('second-token');
  });

  it('lives through the absence of the server, and registers when it is back', async () => {
    await server.close();
    const agent = startAgent();
    await agent.printed('beat failed (ECONNREFUSED); next try in');
    server = await openRegistryServer(server.port);
    await server.heard(1);
    await agent.printed('the server answers again');
    await until(() => registrations().length === 1, 'a late register');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('exits with 0 on %s', async (signal) => {
    const agent = startAgent();
    await server.heard(1);
    agent.signal(signal);
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(agent.output()).toContain(`${signal}: exiting with 0`);
  });

  it.each([
    [409, 'STALE_INCARNATION', 120],
    [410, 'WORKSPACE_REMOVED', 121],
    [404, 'WORKSPACE_NOT_FOUND', 122],
  ])('leaves on %i %s with %i', async (status, code, exitCode) => {
    server.told.heartbeat = () => refusal(status, code);
    expect((await startAgent().ended).code).toBe(exitCode);
  });

  it('exits with 2 when it is not told where and who it is', async () => {
    const agent = startAgent({ KEEPWELL_WORKSPACE_ID: '' });
    expect((await agent.ended).code).toBe(2);
    expect(agent.output()).toContain('KEEPWELL_WORKSPACE_ID must be set');
  });
});

describe('a boot hook of a plugin', { timeout: 60_000 }, () => {
  const offer = async (plugin: string, hook: string) => {
    const folder = join(root, 'configs/plugins', plugin, 'hooks');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'boot.mjs'), hook);
  };

  it('is run once, before the agent registers, one plugin after the other', async () => {
    await offer('b-second', "console.log('second has run');");
    await offer(
      'a-first',
      "await new Promise((done) => setTimeout(done, 200)); console.log('first has run');",
    );
    const agent = startAgent();
    await server.heard(2);
    const lines = agent.output().split('\n');
    const told = ['first has run', 'second has run', '[seo-agent] registered'];
    expect(lines.filter((line) => told.includes(line))).toEqual(told);
    expect(agent.output()).toContain('plugin a-first: running hooks/boot.mjs');
  });

  it('that fails ends the agent with 1 and a line that says whose it is, before anybody hears of it', async () => {
    await cp(join(DATA, 'registry/bad-plugin'), join(root, 'configs/plugins/bad-plugin'), {
      recursive: true,
    });
    await offer('c-later', "console.log('later has run');");
    const agent = startAgent();
    expect((await agent.ended).code).toBe(1);
    expect(agent.output()).toContain(
      '[seo-agent] plugin bad-plugin: hooks/boot.mjs failed: bad on purpose; exiting with 1\n',
    );
    expect(agent.output()).not.toContain('later has run');
    expect(server.seen).toEqual([]);
  });
});

describe('the sample agent, told to misbehave', { timeout: 60_000 }, () => {
  it('falls silent, and speaks again when the file is emptied', async () => {
    const agent = startAgent();
    await server.heard(2);
    await misbehave('silent\n');
    await agent.printed('misbehaving: silent: not beating');
    const before = server.beats().length;
    await new Promise((resolve) => {
      setTimeout(resolve, 1_000);
    });
    expect(server.beats().length).toBe(before);
    await misbehave('');
    await agent.printed('behaving again, no longer silent');
    await server.heard(before + 2);
  });

  it('is slow: eight intervals from one beat to the next', async () => {
    server.told.heartbeat = () => beatReply({ interval_seconds: 0.2 });
    startAgent({ KEEPWELL_AGENT_MISBEHAVE: 'slow' });
    await server.heard(2);
    const [first, second] = server.beats().map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(8 * 200 * 0.9 - 100);
  });

  it('reports failures, and at once, however long the interval is', async () => {
    server.told.heartbeat = () => beatReply({ interval_seconds: 600 });
    startAgent();
    await server.heard(1);
    await misbehave('failing');
    await server.heard(2);
    expect(server.lastBeat()).toMatchObject({
      error_rate: 0.9,
      sample_error: expect.stringMatching(/failed/),
    });
  });

  it('reports that it is wedged', async () => {
    startAgent({ KEEPWELL_AGENT_MISBEHAVE: 'wedged' });
    await server.heard(1);
    expect(server.lastBeat()).toMatchObject({ runtime_state: 'wedged', error_rate: 0 });
  });

  it('crashes with 1; when told so by its environment, before anybody hears of it', async () => {
    const agent = startAgent({ KEEPWELL_AGENT_MISBEHAVE: 'crash' });
    expect((await agent.ended).code).toBe(1);
    expect(agent.output()).toContain('misbehaving: crash: exiting with 1');
    expect(server.seen).toEqual([]);
  });

  it('ignores SIGTERM, which works again when it behaves', async () => {
    const agent = startAgent({ KEEPWELL_AGENT_MISBEHAVE: 'ignore-sigterm' });
    await server.heard(1);
    agent.signal('SIGTERM');
    await agent.printed('SIGTERM: ignored');
    await server.heard(server.beats().length + 2);
    expect(agent.isRunning()).toBe(true);
    await misbehave('');
    agent.signal('SIGTERM');
    expect((await agent.ended).code).toBe(0);
  });

  it('behaves when it does not know the word, and says so', async () => {
    await misbehave('dance');
    const agent = startAgent();
    await server.heard(2);
    expect(agent.output()).toContain('"dance" is not a way to misbehave');
  });
});
