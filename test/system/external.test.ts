import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Box, converged, createExternal, openBox } from './external-agent.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  freePort,
  offerPlugin,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

const NAMES = ['first', 'second', 'third'];

let data: ReturnType<typeof createDataFolder>;
let port: number;
let program: Program;
let boxes: Box[] = [];

const start = async () => {
  program = await startProgram({ data: data.path, port });
};
beforeEach(async () => {
  data = createDataFolder();
  port = await freePort();
  for (const name of NAMES) await offer(name, 'one');
  await start();
});
afterEach(async () => {
  for (const box of boxes) await box.remove();
  boxes = [];
  await program.kill9();
  stopAgents(data.path);
  data.remove();
});

const offer = (name: string, code: string, skill = 'how') =>
  offerPlugin(data.path, name, {
    'plugin.yaml': `name: ${name}\n`,
    'code.js': code,
    'skills/a/SKILL.md': skill,
  });

const open = async (name: string): Promise<{ id: string; token: string; box: Box }> => {
  const created = await createExternal(program.api, name, NAMES);
  const box = openBox(created.connection);
  boxes.push(box);
  return { id: created.id, token: created.auth_token, box };
};

/** A workspace whose box has everything, with a command that has seen it. */
const settled = async (name: string) => {
  const all = await open(name);
  all.box.start();
  const view = await converged(program.api, all.id);
  await eventually('the restart for the first plugins', async () => all.box.boots() === 2);
  return { ...all, generation: view.plugins.generation as number };
};

const rowsOf = async (id: string, event: string): Promise<Answer[]> =>
  (await program.api.history(id)).filter((row: Answer) => row.event === event);

const reconcile = (id: string) => program.api.post(`/workspaces/${id}/reconcile`);

describe('an external workspace with three plugins', { timeout: 90_000 }, () => {
  it('is converged once its box has all of them, and not before', async () => {
    const { id, box } = await settled('elsewhere');
    expect(readdirSync(box.plugins).toSorted()).toEqual(NAMES);
    const rows = await program.api.history(id);
    const first = (test: (row: Answer) => boolean): number => rows.findIndex(test);
    const delivering = first(({ to }) => to === 'wanted.online.delivering');
    const done = first(({ to }) => to === 'wanted.online.converged');
    expect(delivering).toBeGreaterThan(0);
    expect(done).toBeGreaterThan(delivering);
    expect(rows[done]).toMatchObject({ event: 'plugins.reported', from: 'wanted.online.delivering' });
    const { plugins, reason } = await program.api.view(id);
    expect([plugins, reason]).toEqual([
      expect.objectContaining({ declared: 3, installed: 3, failed: 0 }),
      null,
    ]);
  });

  it('is still afterwards: nothing is fetched, reported anew or started again', async () => {
    const { id, box } = await settled('still');
    await sleep(1_000);
    const before = (await program.api.history(id)).length;
    await sleep(2_000);
    expect((await program.api.history(id)).length).toBe(before);
    expect(box.boots()).toBe(2);
  });

  it('gets a changed plugin, and its command is started again once', async () => {
    const { id, box, generation } = await settled('changed');
    await offer('second', 'two');
    await reconcile(id);
    await converged(program.api, id, generation);
    expect(box.read('second/code.js')).toBe('two');
    await eventually('a restart', async () => box.boots() === 3);
    await sleep(1_500);
    expect(box.boots()).toBe(3);
    const { status } = await program.api.view(id);
    expect(status).toBe('online');
  });

  it('gets a changed SKILL.md without a restart', async () => {
    const { id, box, generation } = await settled('skilled');
    await offer('second', 'one', 'better');
    await reconcile(id);
    await converged(program.api, id, generation);
    expect(box.read('second/skills/a/SKILL.md')).toBe('better');
    await sleep(1_000);
    expect(box.boots()).toBe(2);
  });

  it('says when something was changed on the box, and it is mended', async () => {
    const { id, box } = await settled('tampered');
    const file = join(box.plugins, 'third', 'code.js');
    chmodSync(join(file, '..'), 0o755);
    chmodSync(file, 0o644);
    writeFileSync(file, 'evil');
    await eventually('it being mended', async () => box.read('third/code.js') === 'one');
    await converged(program.api, id);
    const reports = await rowsOf(id, 'plugins.reported');
    expect(
      reports.some(({ from, to }) => from === 'wanted.online.converged' && to === 'wanted.online.delivering'),
    ).toBe(true);
    expect(box.boots()).toBe(2);
  });

  it('loses what is not declared any more', async () => {
    const { id, box, generation } = await settled('fewer');
    await program.api.request('DELETE', `/workspaces/${id}/plugins/second`);
    await converged(program.api, id, generation);
    expect(readdirSync(box.plugins).toSorted()).toEqual(['first', 'third']);
    await eventually('a restart', async () => box.boots() === 3);
  });
});

describe('when something dies in the middle', { timeout: 120_000 }, () => {
  it('of the server: the box keeps what it has and gets the rest when the server is back', async () => {
    const { id, box, generation } = await settled('server-dies');
    for (const pauseMs of [0, 30, 120]) {
      await offer('first', `after ${pauseMs}`);
      await reconcile(id).catch(() => null);
      await sleep(pauseMs);
      await program.kill9();
      expect(['one', 'after 0', 'after 30', 'after 120']).toContain(box.read('first/code.js'));
      await start();
      await reconcile(id).catch(() => null);
      await eventually(
        `the plugin after ${pauseMs} ms`,
        async () => box.read('first/code.js') === `after ${pauseMs}`,
      );
    }
    await converged(program.api, id, generation);
  });

  it('of unpacking: the box has the old set or the new one, and the next agent finishes it', async () => {
    const { id, box, generation } = await settled('agent-dies');
    const many = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, number) => [`files/${number}.js`, `${number}`]),
    );
    await offerPlugin(data.path, 'first', { ...many, 'code.js': 'two' });
    await reconcile(id);
    const staging = join(box.home, 'configs', '.plugins', 'cache', 'staging');
    await eventually('half a plugin', async () => {
      const [folder] = readdirSync(staging);
      return folder !== undefined && existsSync(join(staging, folder, 'files'));
    });
    await box.kill9();
    expect(box.read('first/code.js')).toBe('one');
    expect(readdirSync(box.plugins).toSorted()).toEqual(NAMES);
    box.start();
    await converged(program.api, id, generation);
    expect(box.read('first/code.js')).toBe('two');
    expect(readdirSync(join(box.plugins, 'first', 'files'))).toHaveLength(1_000);
    await eventually('nothing left behind', async () => readdirSync(staging).length === 0);
  });
});

describe('an agent that is not ours', { timeout: 60_000 }, () => {
  it('and never reports stays undelivered, and why says what to do', async () => {
    const { id, token } = await open('silent');
    const { api } = program;
    const reply = await eventually('plugins to wait', async () => {
      const { body } = await api.beat(id, token);
      return body.plugins_pending ? body : null;
    });
    expect(reply.plugins_generation).toBeGreaterThan(0);
    await sleep(800);
    await api.beat(id, token);
    expect((await api.view(id)).state).toBe('wanted.online.delivering');
    const why = await api.get(`/workspaces/${id}/why`);
    expect(why.text).toContain('Its agent does not have its plugins yet.');
    expect(why.text).toContain('`keepwell agent` fetches them by itself');
    expect(why.text).toContain('install report');
  });

  it('and can but send requests converges', async () => {
    const { id, token } = await open('by-hand');
    const { api } = program;
    await eventually('plugins to wait', async () => (await api.beat(id, token)).body.plugins_pending);
    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${api.url}/workspaces/${id}/plugins/${path}`, {
        headers: { authorization: `Bearer ${token}`, ...headers },
      });
    const report = (body: object) =>
      api.request('POST', `/workspaces/${id}/plugin-install-report`, body, { token });

    const lock = (await (await get('lock')).json()) as Answer;
    const early = await report({ generation: lock.generation, plugins: [] });
    expect(early.body).toEqual({
      complete: false,
      generation: lock.generation,
      differences: NAMES.map((name) => ({ name, action: 'fetch' })),
    });

    const plugins: { name: string; sha256: string }[] = [];
    for (const { name, tree_hash: hash } of lock.plugins) {
      const response = await get(`${name}/download`);
      expect(Buffer.from(await response.arrayBuffer()).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
      expect(response.headers.get('etag')).toBe(`"${hash}"`);
      expect((await get(`${name}/download`, { 'if-none-match': `"${hash}"` })).status).toBe(304);
      plugins.push({ name, sha256: hash });
    }
    const others = await report({ generation: lock.generation + 1, plugins });
    expect(others.body).toMatchObject({ complete: false, generation: lock.generation, differences: [] });
    const surplus = [...plugins, { name: 'old', sha256: '0'.repeat(64) }];
    expect((await report({ generation: lock.generation, plugins: surplus })).body.differences).toEqual([
      { name: 'old', action: 'remove' },
    ]);
    const failed = { name: 'third', status: 'failed', error: 'no space left' };
    await report({ generation: lock.generation, plugins: [...plugins.slice(0, 2), failed] });
    const { reason, plugins: counts } = await api.view(id);
    expect([reason.code, counts.installed]).toEqual(['plugins-undelivered', 2]);
    expect(reason.message).toContain('third: no space left');

    expect((await report({ generation: lock.generation, plugins })).body.complete).toBe(true);
    expect(await converged(api, id)).toMatchObject({ reason: null });
    const rows = (await api.history(id)).length;
    for (let times = 0; times < 5; times += 1) await report({ generation: lock.generation, plugins });
    expect((await api.history(id)).length).toBe(rows);
    expect((await api.beat(id, token)).body.plugins_pending).toBe(false);
  });
});

describe('a workspace that we run', { timeout: 60_000 }, () => {
  it('takes no reports, and its sidecar fetches nothing', async () => {
    const { api } = program;
    const command = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];
    const { id } = await api.post('/workspaces', { name: 'ours', command, sidecar: true, plugins: NAMES });
    const view = await converged(api, id);
    const answer = await api.request('POST', `/workspaces/${id}/plugin-install-report`, {
      generation: view.plugins.generation,
      plugins: [],
    });
    expect([answer.status, answer.body.code]).toEqual([409, 'STATE_CONFLICT']);
    expect(answer.body.hint).toContain('external workspaces');
    const configs = join(data.path, 'workspaces', id, 'configs');
    expect(readdirSync(join(configs, '.plugins'))).not.toContain('cache');
    expect(readFileSync(join(configs, 'plugins', 'first', 'code.js'), 'utf8')).toBe('one');
    expect(await rowsOf(id, 'plugins.reported')).toEqual([]);
  });
});
