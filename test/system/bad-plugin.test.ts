import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  createDataFolder,
  eventually,
  freePort,
  keepwell,
  offerPlugin,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

/** A plugin that makes its agent crash, with the real program, real processes and real time in short. */

const POLICY = {
  plugin_probation: '2s',
  restart_backoff: '50ms',
  restart_backoff_max: '100ms',
  offline_after: '10s',
  resync_every: '1s',
  resync_jitter: '0s',
  stop_grace: '1s',
};

/** Beats every 200 ms; with a plugin that holds a file `crash`, it exits before it ever beats. */
const AGENT = `
import { existsSync, readdirSync } from 'node:fs';
const { KEEPWELL_URL, KEEPWELL_WORKSPACE_ID, KEEPWELL_TOKEN, KEEPWELL_PLUGINS_DIR: dir } = process.env;
const plugins = existsSync(dir) ? readdirSync(dir) : [];
if (plugins.some((name) => existsSync(dir + '/' + name + '/crash'))) process.exit(1);
setInterval(() => fetch(KEEPWELL_URL + '/registry/heartbeat', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer ' + KEEPWELL_TOKEN },
  body: JSON.stringify({ workspace_id: KEEPWELL_WORKSPACE_ID, error_rate: 0 }),
}).catch(() => {}), 200);
`;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

const open = async () => {
  const data = createDataFolder();
  const port = await freePort();
  cleanUps.push(data.remove, () => stopAgents(data.path));
  let program: Program = await startProgram({ data: data.path, port });
  cleanUps.push(() => program.kill9());
  await offerPlugin(data.path, 'good', { 'tool.py': 'good\n' });
  await offerPlugin(data.path, 'bad', { 'tool.py': 'bad\n', crash: '' });
  const script = join(data.path, 'agent.mjs');
  writeFileSync(script, AGENT);
  const body = {
    name: 'demo',
    command: [process.execPath, script],
    plugins: ['local://good'],
    policy: POLICY,
  };
  const { id } = await program.api.post('/workspaces', body);
  const view = (): Promise<Answer> => program.api.view(id);
  await eventually('the first set being good', async () => (await view()).plugins.good === 1, 30_000);
  return {
    data: data.path,
    id,
    view,
    api: () => program.api,
    declareBad: () => program.api.request('POST', `/workspaces/${id}/plugins`, { source: 'local://bad' }),
    heldBack: () =>
      eventually(
        'the bad plugin being held back',
        async () => {
          const now = await view();
          return now.plugins.held.length > 0 && now.state === 'wanted.online.converged' ? now : null;
        },
        30_000,
      ),
    async killSupervisor(): Promise<void> {
      await program.kill9();
      program = await startProgram({ data: data.path, port });
    },
  };
};

const QUARANTINED = {
  status: 'online',
  reason: { code: 'plugins-held' },
  plugins: { installed: 1, held: [{ name: 'bad', why: 'quarantined' }] },
};

describe('a plugin that makes its agent crash', () => {
  it('is rolled back, quarantined, and said so; its next version is let in', {
    timeout: 60_000,
  }, async () => {
    const life = await open();
    await life.declareBad();
    expect(await life.heldBack()).toMatchObject(QUARANTINED);

    const rows = await life.api().history(life.id);
    expect(rows.filter(({ event }) => event === 'plugins.rolledBack')).toHaveLength(1);
    expect(rows.filter(({ event }) => event === 'plugins.held')).toHaveLength(1);
    const why = await keepwell(life.data, ['why', 'demo']);
    expect(why.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'Quarantined, since the agent crashed with it: bad.',
    );
    const list = await keepwell(life.data, ['plugins', 'ls', 'demo']);
    expect(list.stdout).toMatch(/bad +held back/);
    const history = await keepwell(life.data, ['plugins', 'history', 'demo']);
    expect(history.stdout).toMatch(/back to 1/);

    rmSync(join(life.data, 'registry', 'bad', 'crash'));
    const updated = await keepwell(life.data, ['plugins', 'update', 'demo', 'bad', '--wait']);
    expect({ code: updated.code, stderr: updated.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await life.view()).toMatchObject({ reason: null, plugins: { installed: 2, held: [] } });
  });

  it('is found all the same when the supervisor is killed in the middle of it', {
    timeout: 90_000,
  }, async () => {
    const life = await open();
    await life.declareBad();
    for (const event of ['plugins.switched', 'instance.exited', 'plugins.rolledBack']) {
      await eventually(
        event,
        async () => (await life.api().history(life.id)).filter((row) => row.event === event).length > 0,
        30_000,
      );
      await life.killSupervisor();
    }
    expect(await life.heldBack()).toMatchObject(QUARANTINED);
  });
});
