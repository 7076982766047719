import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AGENT_EXIT } from '../../../src/cli/agent/exit-codes.ts';
import { runAgent } from '../../../src/cli/agent/run-agent.ts';
import { beatReply, openRegistryServer, type RegistryServer, refusal } from './registry-server.ts';
import { type RunningProcess, runProcess } from './run-process.ts';
import { until } from './until.ts';

const SIDECAR = join(import.meta.dirname, 'sidecar-process.ts');
const LIVES_ON = [process.execPath, '-e', 'console.log("child", process.pid); setInterval(() => {}, 1000)'];

let server: RegistryServer;
let folder: string;
let running: RunningProcess[] = [];

beforeEach(async () => {
  server = await openRegistryServer();
  folder = await mkdtemp(join(tmpdir(), 'keepwell-sidecar-'));
});
afterEach(async () => {
  for (const sidecar of running) await sidecar.destroy();
  running = [];
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** The sidecar as a process of its own, with a backoff that suits a test. */
const startSidecar = (options: Record<string, unknown> = {}) => {
  const sidecar = runProcess([
    process.execPath,
    SIDECAR,
    JSON.stringify({
      url: server.url,
      workspaceId: 'w1',
      token: 'first-token',
      tokenFile: join(folder, '.auth_token'),
      command: LIVES_ON,
      minBackoffMs: 50,
      maxBackoffMs: 200,
      ...options,
    }),
  ]);
  running.push(sidecar);
  return sidecar;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const childPid = async (sidecar: RunningProcess): Promise<number> => {
  await sidecar.printed(/child \d+/);
  return Number(/child (\d+)/.exec(sidecar.output())?.[1]);
};

describe('a sidecar beats for its command', { timeout: 60_000 }, () => {
  it('at once, with the token, and then about as often as the replies ask', async () => {
    server.told.heartbeat = () => beatReply({ interval_seconds: 0.4 });
    startSidecar({ incarnation: 3 });
    await server.heard(5);
    expect(server.beats()[0]).toMatchObject({
      path: '/registry/heartbeat',
      token: 'first-token',
      body: { workspace_id: 'w1', error_rate: 0, sample_error: '', incarnation: 3 },
    });
    const times = server.beats().map(({ at }) => at);
    expect((times[4] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(4 * 400 * 0.9 - 100);
  });

  it('telling how long the command has been running', async () => {
    startSidecar();
    await until(() => Number(server.lastBeat().uptime_seconds) >= 2, 'an uptime of 2 s');
    const uptimes = server.beats().map(({ body }) => Number(body.uptime_seconds));
    expect(uptimes[0]).toBe(0);
    expect(uptimes).toEqual(uptimes.toSorted((a, b) => a - b));
  });

  it('and leaves the output of the command as it is', async () => {
    const command = [
      process.execPath,
      '-e',
      'process.stdout.write("out\\n"); process.stderr.write("err\\n")',
    ];
    const sidecar = startSidecar({ command });
    expect(await sidecar.ended).toEqual({ code: 0, signal: null });
    expect(sidecar.output()).toMatch(/^out$/m);
    expect(sidecar.output()).toMatch(/^err$/m);
  });

  it('with the health that an address reports', async () => {
    startSidecar({ healthUrl: `${server.url}/no-such-thing`, healthEveryMs: 50, healthGraceMs: 0 });
    server.told.heartbeat = ({ path }) => (path.startsWith('/registry') ? beatReply() : { status: 503 });
    await until(() => server.lastBeat().error_rate === 1, 'an error rate of 1');
    expect(server.lastBeat().sample_error).toBe('health check answered 503');
  });

  it('with the health that a command reports, and recovers with it', async () => {
    const flag = join(folder, 'ill');
    await writeFile(flag, '');
    startSidecar({ healthCommand: `test ! -e ${flag}`, healthEveryMs: 30, healthGraceMs: 0 });
    await until(() => Number(server.lastBeat().error_rate) >= 0.5, 'a high error rate');
    await rm(flag);
    await until(() => server.lastBeat().error_rate === 0, 'an error rate of 0');
    expect(server.lastBeat().sample_error).toBe('');
  });
});

describe('while the server is away, a sidecar', { timeout: 60_000 }, () => {
  it('leaves the command alone and beats again when the server is back', async () => {
    const sidecar = startSidecar();
    const pid = await childPid(sidecar);
    await server.heard(1);
    await server.close();
    await sidecar.printed('a beat failed');
    expect(isAlive(pid)).toBe(true);
    server = await openRegistryServer(server.port);
    await server.heard(1);
    await sidecar.printed('the server answers again');
    expect(await childPid(sidecar)).toBe(pid);
    expect(isAlive(pid)).toBe(true);
  });

  it('starts the command all the same', async () => {
    await server.close();
    const sidecar = startSidecar({ register: {} });
    await childPid(sidecar);
    await sidecar.printed('a beat failed');
    server = await openRegistryServer(server.port);
    await server.heard(2);
    await until(() => server.seen.some(({ path }) => path === '/registry/register'), 'a late register');
  });

  it('never asks faster than its backoff, nor than Retry-After', async () => {
    server.told.heartbeat = () => refusal(503, 'NOT_READY', { 'retry-after': '1' });
    startSidecar();
    await server.heard(3);
    const times = server.beats().map(({ at }) => at);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_950);
  });

  it('gives up on a beat that is not answered', async () => {
    const calls: (AbortSignal | null | undefined)[] = [];
    const neverAnswers: typeof fetch = (_, init) => {
      calls.push(init?.signal);
      return new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    };
    const lines: string[] = [];
    const { exitCode } = await runAgent({
      url: server.url,
      workspaceId: 'w1',
      token: 't',
      command: [process.execPath, '-e', 'setTimeout(() => {}, 1500)'],
      fetch: neverAnswers,
      beatTimeoutMs: 100,
      minBackoffMs: 10,
      log: (line) => lines.push(line),
    });
    expect(exitCode).toBe(0);
    expect(calls.length).toBeGreaterThan(1);
    expect(lines).toContain('a beat failed (no answer within 0.1 s); trying on');
  });
});

describe('a sidecar that is refused', { timeout: 60_000 }, () => {
  it('reads the token file again after a 401 and tries once more at once', async () => {
    await writeFile(join(folder, '.auth_token'), 'second-token\n');
    server.told.heartbeat = ({ token }) =>
      token === 'second-token' ? beatReply() : refusal(401, 'UNAUTHORIZED');
    startSidecar({ minBackoffMs: 30_000 });
    await server.heard(3);
    expect(
      server
        .beats()
        .map(({ token }) => token)
        .slice(0, 3),
    ).toEqual(['first-token', 'second-token', 'second-token']);
  });

  it('keeps the command and asks on when no other token is there, until there is', async () => {
    server.told.heartbeat = ({ token }) =>
      token === 'late-token' ? beatReply() : refusal(401, 'UNAUTHORIZED');
    const sidecar = startSidecar();
    await server.heard(3);
    await writeFile(join(folder, '.auth_token'), 'late-token');
    await sidecar.printed('the workspace is online');
    expect(sidecar.isRunning()).toBe(true);
  });

  it.each([
    [409, 'STALE_INCARNATION', AGENT_EXIT.replaced],
    [410, 'WORKSPACE_REMOVED', AGENT_EXIT.removed],
    [404, 'WORKSPACE_NOT_FOUND', AGENT_EXIT.unknown],
  ])('with %i %s stops the command and exits with %i', async (status, code, exitCode) => {
    const sidecar = startSidecar();
    const pid = await childPid(sidecar);
    server.told.heartbeat = () => refusal(status, code);
    expect(await sidecar.ended).toEqual({ code: exitCode, signal: null });
    expect(isAlive(pid)).toBe(false);
  });

  it('kills a command that ignores being asked', async () => {
    const stubborn =
      'process.on("SIGTERM", () => console.log("no")); console.log("child", process.pid); setInterval(() => {}, 1000)';
    const sidecar = startSidecar({ command: [process.execPath, '-e', stubborn], stopGraceMs: 300 });
    const pid = await childPid(sidecar);
    server.told.heartbeat = () => refusal(409, 'STALE_INCARNATION');
    expect((await sidecar.ended).code).toBe(AGENT_EXIT.replaced);
    expect(sidecar.output()).toMatch(/^no$/m);
    expect(isAlive(pid)).toBe(false);
  });

  it('takes a 404 or 409 that is not the supervisor’s own for an absent server', async () => {
    server.told.heartbeat = () => ({ status: server.beats().length % 2 ? 404 : 409, body: 'no such page' });
    const sidecar = startSidecar();
    await server.heard(4);
    server.told.heartbeat = () => beatReply();
    await sidecar.printed('the workspace is online');
  });

  it('does not follow a redirect with its token', async () => {
    const elsewhere = await openRegistryServer();
    try {
      server.told.heartbeat = () => ({
        status: 307,
        headers: { location: `${elsewhere.url}/registry/heartbeat` },
      });
      startSidecar();
      await server.heard(3);
      expect(elsewhere.seen).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });
});

describe('a sidecar that registers', { timeout: 60_000 }, () => {
  it('does so once, before the first beat, with its address and card', async () => {
    startSidecar({ register: { url: 'http://agent:9', agentCard: { name: 'a' } } });
    await server.heard(3);
    expect(server.seen[0]).toMatchObject({
      path: '/registry/register',
      body: { id: 'w1', url: 'http://agent:9', agent_card: { name: 'a' } },
    });
    expect(server.seen.filter(({ path }) => path === '/registry/register')).toHaveLength(1);
  });

  it('beats even when it is refused', async () => {
    server.told.register = () => refusal(403, 'FORBIDDEN');
    startSidecar({ register: {} });
    await server.heard(4);
    expect(server.seen.filter(({ path }) => path === '/registry/register')).toHaveLength(1);
  });

  it('tries again after a failure that may pass', async () => {
    let tries = 0;
    server.told.register = () =>
      ++tries < 3 ? refusal(500, 'INTERNAL') : { body: { status: 'registered' } };
    const sidecar = startSidecar({ register: {} });
    await sidecar.printed('registered');
    expect(tries).toBe(3);
  });

  it('does not try again as long as the server is not heard', async () => {
    server.told.register = () => refusal(503, 'NOT_READY');
    server.told.heartbeat = () => refusal(503, 'NOT_READY');
    startSidecar({ register: {} });
    await server.heard(4);
    expect(server.seen.filter(({ path }) => path === '/registry/register')).toHaveLength(1);
  });

  it('uses and keeps the token that it is given, readable by its owner only', async () => {
    server.told.register = () => ({ body: { status: 'registered', auth_token: 'given-token' } });
    startSidecar({ token: undefined, register: {} });
    await server.heard(1);
    expect(server.seen[0]?.token).toBeNull();
    expect(server.beats()[0]?.token).toBe('given-token');
    const file = join(folder, '.auth_token');
    expect(await readFile(file, 'utf8')).toBe('given-token\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('a sidecar ends as its command ends', { timeout: 60_000 }, () => {
  it('with its exit code', async () => {
    const sidecar = startSidecar({ command: [process.execPath, '-e', 'process.exit(7)'] });
    expect((await sidecar.ended).code).toBe(7);
  });

  it('with 128 + the signal that ended it', async () => {
    const sidecar = startSidecar({
      command: [process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")'],
    });
    expect((await sidecar.ended).code).toBe(137);
  });

  it('with 127 for a command that is not there and 126 for one that cannot run, without a beat', async () => {
    const file = join(folder, 'not-executable');
    await writeFile(file, 'no', { mode: 0o644 });
    expect((await startSidecar({ command: ['/no/such/command'] }).ended).code).toBe(AGENT_EXIT.notFound);
    expect((await startSidecar({ command: [file] }).ended).code).toBe(AGENT_EXIT.notExecutable);
    expect(server.beats()).toEqual([]);
  });

  it('at once, even in the middle of a health check', async () => {
    const sidecar = startSidecar({
      command: [process.execPath, '-e', 'setTimeout(() => process.exit(5), 700)'],
      healthCommand: 'sleep 60',
    });
    const startedAt = performance.now();
    expect((await sidecar.ended).code).toBe(5);
    expect(performance.now() - startedAt).toBeLessThan(4_500);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)(
    'after passing %s on to it',
    async (name) => {
      const listens = `process.on(${JSON.stringify(name)}, (it) => { console.log('got', it); process.exit(9) });
      console.log('child', process.pid); setInterval(() => {}, 1000)`;
      const sidecar = startSidecar({ command: [process.execPath, '-e', listens] });
      await childPid(sidecar);
      sidecar.signal(name);
      expect((await sidecar.ended).code).toBe(9);
      expect(sidecar.output()).toContain(`got ${name}`);
    },
  );

  it('and beats on while the command takes its time to stop', async () => {
    const slow = `process.on('SIGTERM', () => console.log('in a moment'));
      console.log('child', process.pid); setInterval(() => {}, 1000)`;
    const sidecar = startSidecar({ command: [process.execPath, '-e', slow] });
    await childPid(sidecar);
    sidecar.signal('SIGTERM');
    await sidecar.printed('in a moment');
    await server.heard(server.beats().length + 2);
    expect(sidecar.isRunning()).toBe(true);
  });
});

describe('a sidecar starts nothing', () => {
  it.each([
    ['without a command', { command: [] }],
    ['for an address that is not http', { url: 'ftp://somewhere' }],
    ['for an address that carries a password', { url: 'http://me:secret@somewhere' }],
    ['with two kinds of health check', { healthUrl: 'http://127.0.0.1:1', healthCommand: 'true' }],
  ])('%s', async (_, wrong) => {
    const marker = join(folder, 'started');
    const right = { url: server.url, workspaceId: 'w1', token: 't', command: ['touch', marker] };
    const error = await runAgent({ ...right, ...wrong }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toContain('secret');
    await expect(stat(marker)).rejects.toThrow('ENOENT');
  });
});

describe('the log of a sidecar', { timeout: 60_000 }, () => {
  it('never shows a token, not even one that cannot be sent', async () => {
    await writeFile(join(folder, '.auth_token'), 'half secret\nand half');
    const sidecar = startSidecar({ token: 'secret\u0000secret' });
    server.told.heartbeat = () => refusal(401, 'UNAUTHORIZED');
    await sidecar.printed('a beat failed');
    expect(server.beats()[0]?.token).toBeNull();
    expect(sidecar.output()).not.toContain('secret');
  });
});
