import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Wrappers } from '../../src/main.ts';
import {
  entriesIntoOnline,
  type InProcess,
  isConverged,
  openInProcess,
  transitionsOf,
  writtenHistory,
} from './in-process.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  REPO,
  startProgram,
  stopAgents,
  tokenOf,
} from './program.ts';

/**
 * What this program exists for: an agent that comes online, by whatever way, has the plugins it declared, after one
 * restart, and is then left in peace.
 */

const SAMPLE = join(REPO, 'data', 'registry', 'seo-all');

/** Says something that is not an agent card with every turn, and beats all the same. */
const STUBBORN = `
const { KEEPWELL_URL: url, KEEPWELL_WORKSPACE_ID: id, KEEPWELL_TOKEN: token } = process.env;
const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
const post = (path, body) => fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
for (;;) {
  const registered = await post('/registry/register', { id, agent_card: 'no card' });
  const beaten = await post('/registry/heartbeat', { workspace_id: id, uptime_seconds: process.uptime() });
  console.log('register ' + registered.status + ', beat ' + beaten.status);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
`;

/** Bodies by the path of their file. */
const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(folder, path)).isFile())
      .toSorted()
      .map((path) => [path, readFileSync(join(folder, path), 'base64')]),
  );

const pluginFolder = (data: string, id: string): string =>
  join(data, 'workspaces', id, 'configs', 'plugins', 'seo-all');

/** Counts what the hands are asked to do. */
const createTally = () => {
  const tally: Record<string, number> = {};
  const counting =
    (...methods: string[]) =>
    <T extends object>(real: T): T => {
      const counted = methods.map((method) => [
        method,
        (...args: unknown[]) => {
          tally[method] = (tally[method] ?? 0) + 1;
          return (real[method as keyof T] as (...given: unknown[]) => unknown)(...args);
        },
      ]);
      return { ...real, ...Object.fromEntries(counted) };
    };
  const around: Partial<Wrappers> = {
    runtime: counting('start', 'stop'),
    cache: counting('fetch'),
    sets: counting('stage', 'activate'),
  };
  return { tally, around };
};

const cleanUps: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

const open = async (options: Parameters<typeof openInProcess>[0] = {}): Promise<InProcess> => {
  const keepwell = await openInProcess(options);
  cleanUps.push(() => keepwell.close());
  return keepwell;
};

const WAYS = [
  {
    title: 'only ever beats',
    first: 'heartbeat.received',
    spec: { env: { KEEPWELL_AGENT_REGISTER: 'never' } },
  },
  { title: 'registers before it beats', first: 'agent.registered', spec: {} },
  { title: 'fails to register every time', first: 'heartbeat.received', spec: null },
];

describe.each(WAYS)('a new workspace whose agent $title', ({ first, spec }) => {
  it('gets its plugin with one restart, and nothing happens to it afterwards', async () => {
    const { tally, around } = createTally();
    const keepwell = await open({ around });
    const { api, clock, data } = keepwell;
    const stubborn = join(data, 'stubborn.mjs');
    writeFileSync(stubborn, STUBBORN);
    const { id } = await api.post('/workspaces', {
      name: 'demo',
      template: 'seo-agent',
      ...(spec ?? { command: ['node', stubborn] }),
    });

    const settled = await eventually('the plugin being in place', async () => {
      const view = await api.view(id);
      return isConverged(view) && view.restarts > 0 && view.uptime_seconds !== null ? view : null;
    });

    expect(settled).toMatchObject({ status: 'online', incarnation: 2, restarts: 1, reason: null });
    expect(settled.plugins).toMatchObject({ declared: 1, installed: 1, failed: 0, generation: 1 });
    expect(filesOf(pluginFolder(data, id))).toEqual(filesOf(SAMPLE));
    const { installed } = await api.get(`/workspaces/${id}/plugins`);
    expect(installed.plugins).toMatchObject([{ name: 'seo-all', intact: true }]);
    const founded = await writtenHistory(api, id);
    expect(transitionsOf(founded).map(({ event, from, to }) => [event, from, to])).toEqual([
      ['workspace.created', null, 'wanted.provisioning'],
      [first, 'wanted.provisioning', 'wanted.online.reconciling'],
      ['reconcile.settled', 'wanted.online.reconciling', 'wanted.restarting'],
      ['stop.settled', 'wanted.restarting', 'wanted.provisioning'],
      [first, 'wanted.provisioning', 'wanted.online.reconciling'],
      ['reconcile.settled', 'wanted.online.reconciling', 'wanted.online.converged'],
    ]);
    for (const note of ['plugin.fetched', 'plugins.switched']) {
      expect(founded.filter(({ event }) => event === note)).toHaveLength(1);
    }
    expect(tally).toEqual({ start: 2, stop: 1, fetch: 1, stage: 1, activate: 1 });
    if (spec === null) {
      const log = await api.get(`/workspaces/${id}/logs`);
      expect(log).toContain('register 400, beat 200');
      expect(log).not.toContain('register 200');
    }

    await beatFor(keepwell, id, 18, 10_000);

    expect(tally).toEqual({ start: 2, stop: 1, fetch: 1, stage: 1, activate: 1 });
    const later = (await writtenHistory(api, id)).slice(founded.length);
    expectOnlyResyncs(later);
    expect(later.length).toBeGreaterThan(0);
    expect(await api.view(id)).toMatchObject({ status: 'online', incarnation: 2, restarts: 1 });
    expect(clock.now()).toBe(Date.parse(settled.since) + 180_000);
  });
});

/** Lets the clock move while the agent goes on beating; its uptime may only rise. */
const beatFor = async ({ api, clock }: InProcess, id: string, steps: number, stepMs: number) => {
  let uptime = 0;
  for (let step = 0; step < steps; step += 1) {
    await clock.advance(stepMs);
    const now = new Date(clock.now()).toISOString();
    const view = await eventually('another beat', async () => {
      const seen = await api.view(id);
      return seen.last_heartbeat_at === now ? seen : null;
    });
    expect(view.uptime_seconds).toBeGreaterThanOrEqual(uptime);
    uptime = view.uptime_seconds;
  }
  await eventually('the last resync being done', async () => isConverged(await api.view(id)));
};

/** Each look at the plugins is two rows: it begins, and it finds that all is as it should be. */
const expectOnlyResyncs = (rows: Answer[]) => {
  const pair = [
    ['deadline.passed', 'wanted.online.converged', 'wanted.online.reconciling'],
    ['reconcile.settled', 'wanted.online.reconciling', 'wanted.online.converged'],
  ];
  expect(rows.map(({ event, from, to }) => [event, from, to])).toEqual(
    rows.map((_, index) => pair[index % 2]),
  );
  for (const { event, cause } of rows) {
    if (event === 'deadline.passed') expect(cause.deadline).toBe('resyncAt');
  }
};

describe('an agent that has what it declared', () => {
  it('is left in peace for 20 seconds of real time, however often its plugins are looked at', async () => {
    const data = createDataFolder();
    const program = await startProgram({ data: data.path });
    cleanUps.push(
      data.remove,
      () => stopAgents(data.path),
      () => program.kill9(),
    );
    const { api } = program;
    const { id } = await api.post('/workspaces', {
      name: 'demo',
      template: 'seo-agent',
      env: { KEEPWELL_AGENT_REGISTER: 'never' },
      policy: { resync_every: '2s', resync_jitter: '0s' },
    });
    await eventually('the plugin being in place', async () => {
      const view = await api.view(id);
      return isConverged(view) && view.restarts === 1;
    });
    const history = await writtenHistory(api, id);
    const { pid, ino } = footprint(data.path, id);

    let uptime = 0;
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(200)) {
      const view = await api.view(id);
      expect(view).toMatchObject({ status: 'online', incarnation: 2, restarts: 1 });
      expect(view.uptime_seconds).toBeGreaterThanOrEqual(uptime);
      uptime = view.uptime_seconds;
    }

    expect(uptime).toBeGreaterThanOrEqual(15);
    await eventually('the last resync being done', async () => isConverged(await api.view(id)));
    const later = (await writtenHistory(api, id)).slice(history.length);
    expectOnlyResyncs(later);
    expect(later.length).toBeGreaterThanOrEqual(2 * 5);
    expect(footprint(data.path, id)).toEqual({ pid, ino });
    expect(filesOf(pluginFolder(data.path, id))).toEqual(filesOf(SAMPLE));
  });
});

/** The running process, and the very folder of the plugin: a copy with the same content is another one. */
const footprint = (data: string, id: string) => {
  const record = JSON.parse(readFileSync(join(data, 'workspaces', id, 'instance.json'), 'utf8'));
  return { pid: record.pid as number, ino: statSync(pluginFolder(data, id)).ino };
};

describe('a register and ten beats at the same instant', () => {
  it.each([
    ['of a process', { command: ['/bin/sleep', '600'] }, { state: 'wanted.online.converged' }],
    // It is for the agent to say that it has them.
    ['of an agent elsewhere', { external: true }, { state: 'wanted.online.delivering' }],
  ])('%s bring it online once, and reconcile once', async (_, spec, { state }) => {
    const keepwell = await open();
    const { api, data } = keepwell;
    const plugins = [{ source: 'local://seo-all', restart: 'never' }];
    const { id, auth_token } = await api.post('/workspaces', { name: 'demo', plugins, ...spec });
    const token = await eventually('its token', async () => auth_token ?? tokenOf(data, id));

    const register = () => api.request('POST', '/registry/register', { id }, { token });
    const replies = await Promise.all(
      Array.from({ length: 11 }, (_, index) => (index === 5 ? register() : api.beat(id, token))),
    );

    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    await eventually('the plugin being in place', async () => (await api.view(id)).state === state);
    const history = await writtenHistory(api, id);
    expect(entriesIntoOnline(history)).toHaveLength(1);
    expect(history.filter(({ event }) => event === 'reconcile.settled')).toHaveLength(1);
    expect(history.filter(({ event }) => event === 'plugins.switched')).toHaveLength(1);
    expect(keepwell.supervisor.view(id).onlineEntries).toBe(1);
    expect(await api.view(id)).toMatchObject({ status: 'online', restarts: 0, plugins: { generation: 1 } });
  });
});
