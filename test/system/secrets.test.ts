import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { livingInstances } from './instances.ts';
import {
  ADMIN_TOKEN,
  type Api,
  createDataFolder,
  eventually,
  freePort,
  launchProgram,
  type Program,
  type Reply,
  startProgram,
  stopAgents,
  tokenOf,
} from './program.ts';

/** Files whose whole purpose is to hand a token to its owner. */
const HANDED_OUT = ['admin-token', '.auth_token'];
const PASSWORD = 'hunter2-in-a-source';

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (found.isSymbolicLink()) return [];
    return found.isDirectory() ? filesBelow(path) : [path];
  });

/** Which files of a data folder contain a text. */
const filesWith = (data: string, text: string): string[] =>
  filesBelow(data).filter(
    (path) => !HANDED_OUT.some((name) => path.endsWith(`/${name}`)) && readFileSync(path).includes(text),
  );

const converged = (api: Api, id: string, incarnation = 1) =>
  eventually('the agent being online', async () => {
    const view = await api.view(id);
    return (
      view.state === 'wanted.online.converged' && !view.restart_pending && view.incarnation >= incarnation
    );
  });

/** Remembers every answer but those that hand a token out. */
const recordAnswers = (api: Api) => {
  const answers: string[] = [];
  const ask = async (...request: Parameters<Api['request']>): Promise<Reply> => {
    const reply = await api.request(...request);
    answers.push(JSON.stringify([reply.body, ...reply.headers]));
    return reply;
  };
  return { answers, ask };
};

/** Every question that can be asked without changing anything. */
const askAll = async (ask: Api['request'], ids: string[]): Promise<void> => {
  const ofOne = ['', '/why', '/history?limit=200', '/plugins', '/plugins/plan', '/plugins/declared', '/logs'];
  const ofAll = [
    'workspaces',
    'events?after=0&limit=1000',
    'templates',
    'health',
    'openapi.json',
    'buildinfo',
  ];
  const paths = [
    ...ids.flatMap((id) => ofOne.map((path) => `/workspaces/${id}${path}`)),
    ...ofAll.map((path) => `/${path}`),
  ];
  for (const path of paths) await ask('GET', path);
};

/** Requests that go wrong with a token in every place where it might be repeated. */
const askWrongly = async (ask: Api['request'], token: string, id: string): Promise<void> => {
  await ask('POST', '/registry/heartbeat', { workspace_id: token }, { token });
  await ask('POST', '/registry/heartbeat', '{"workspace_id":', { token });
  await ask('GET', `/workspaces/${id}`, undefined, { token: `${token}x` });
  await ask('GET', '/nowhere', undefined, { token });
  await ask('POST', '/workspaces', { name: 'not allowed' }, { token });
  await ask('POST', `/workspaces/${id}/plugins`, {
    source: `git+https://user:${PASSWORD}@127.0.0.1/a/b#main`,
  });
};

describe('secrets', () => {
  it('appear in no log, journal row, snapshot or answer after a full life, but where they are handed out', async () => {
    const folder = createDataFolder();
    const data = folder.path;
    onTestFinished(() => {
      stopAgents(data);
      folder.remove();
    });
    const port = await freePort();
    const outputs: (() => string)[] = [];
    const start = async (): Promise<Program> => {
      const program = await startProgram({
        data,
        port,
        env: { KEEPWELL_LOG_LEVEL: 'trace', KEEPWELL_OFFLINE_AFTER: '60s' },
      });
      onTestFinished(() => program.kill9());
      outputs.push(program.output);
      return program;
    };
    const secrets = new Set([ADMIN_TOKEN]);
    const answers: string[] = [];
    const note = (id: string) => void secrets.add(tokenOf(data, id));

    const first = await start();
    const external = await first.api.post('/workspaces', { name: 'external', external: true });
    secrets.add(external.auth_token);
    let recorder = recordAnswers(first.api);
    const created = await recorder.ask('POST', '/workspaces', { name: 'agent', template: 'seo-agent' });
    const { id } = created.body;
    await eventually('the first token', async () => tokenOf(data, id) !== '');
    note(id);
    await converged(first.api, id, 2);
    note(id);
    await recorder.ask(
      'POST',
      '/registry/heartbeat',
      { workspace_id: external.id },
      { token: external.auth_token },
    );
    await recorder.ask('POST', '/registry/register', { id: external.id }, { token: external.auth_token });
    await askWrongly(recorder.ask, external.auth_token, id);
    await recorder.ask('PATCH', `/workspaces/${id}`, { plugins: ['local://seo-all', 'local://not-there'] });
    await recorder.ask('POST', `/workspaces/${id}/restart`);
    await eventually('the third incarnation', async () => (await first.api.view(id)).incarnation >= 3);
    await eventually('its token', async () => !secrets.has(tokenOf(data, id)));
    note(id);
    // Its token is there before its process is.
    await eventually('its process', async () => livingInstances(id).length > 0);
    for (const { pid } of livingInstances(id)) process.kill(pid, 'SIGKILL');
    await eventually('the fourth incarnation', async () => (await first.api.view(id)).incarnation >= 4);
    await eventually('its token', async () => !secrets.has(tokenOf(data, id)));
    note(id);
    await askAll(recorder.ask, [id, external.id]);
    answers.push(...recorder.answers);
    await first.kill9();

    const second = await start();
    recorder = recordAnswers(second.api);
    await eventually('the agent beating', async () => (await second.api.view(id)).status === 'online');
    await recorder.ask('POST', `/workspaces/${id}/pause`);
    await eventually('the pause', async () => (await second.api.view(id)).status === 'paused');
    await askAll(recorder.ask, [id, external.id]);
    await recorder.ask('DELETE', `/workspaces/${external.id}`);
    answers.push(...recorder.answers);

    expect(secrets.size).toBeGreaterThanOrEqual(6);
    for (const secret of [...secrets, PASSWORD]) {
      // While it runs the write-ahead log is full of everything that was ever written.
      expect(filesWith(data, secret)).toEqual([]);
      expect(answers.filter((answer) => answer.includes(secret))).toEqual([]);
      expect(outputs.filter((output) => output().includes(secret))).toEqual([]);
    }
    // The search finds what is there: the hash of a token, at rest.
    const hash = createHash('sha256').update(tokenOf(data, id)).digest('hex');
    expect(filesWith(data, hash).length).toBeGreaterThan(0);
    expect(await second.stop()).toBe(0);
    for (const secret of secrets) expect(filesWith(data, secret)).toEqual([]);
  });

  it('are shown once when the first start makes the admin token, which only its owner can read', async () => {
    const folder = createDataFolder();
    onTestFinished(folder.remove);
    const runOnce = async (): Promise<string> => {
      const program = launchProgram({
        data: folder.path,
        env: { KEEPWELL_ADMIN_TOKEN: '', KEEPWELL_LOG_LEVEL: 'trace' },
      });
      onTestFinished(() => program.kill9());
      await eventually('the address being shown', async () => program.output().includes('address'));
      expect(await program.stop()).toBe(0);
      return program.output();
    };
    const output = await runOnce();
    const file = join(folder.path, 'admin-token');
    const token = readFileSync(file, 'utf8').trim();
    expect(token).toMatch(/^kwa_[\w-]{43}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(output.split(token)).toHaveLength(2);
    expect(await runOnce()).not.toContain(token);
    expect(filesWith(folder.path, token)).toEqual([]);
  });
});
