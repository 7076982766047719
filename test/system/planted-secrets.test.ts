import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRepository } from '../plugins/support/git-repository.ts';
import { startGitServer } from '../plugins/support/git-server.ts';
import { rawTgz } from '../plugins/support/raw-tar.ts';
import {
  type Api,
  createDataFolder,
  eventually,
  freePort,
  keepwell,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

/** Secrets of agents and tokens of plugin sources, planted and then looked for everywhere. */

const PLANTED = {
  own: 'planted-own-7d1f',
  created: 'planted-created-92aa',
  global: 'planted-global-c0de',
  changed: 'planted-changed-51ee',
  refused: 'planted-refused-1b2c',
  git: 'planted-git-token-f00d',
  sealedGit: 'planted-sealed-git-beef',
  archive: 'planted-archive-token-ace5',
  key: randomBytes(32).toString('base64'),
  olderKey: randomBytes(32).toString('base64'),
};

/** As which a secret could be written somewhere. */
const formsOf = (value: string): (string | Buffer)[] => [
  value,
  Buffer.from(value).toString('base64'),
  Buffer.from(`x-access-token:${value}`).toString('base64'),
  // What a key is made of.
  ...(value.length === 44
    ? [Buffer.from(value, 'base64'), Buffer.from(value, 'base64').toString('hex')]
    : []),
];

/** Serves one archive to whoever has the token, but not before it is told to. */
const serveArchive = async () => {
  const bytes = rawTgz([{ name: 'tool.py', content: 'archived\n' }]);
  const waiting: ServerResponse[] = [];
  let isHeld = true;
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${PLANTED.archive}`) return response.writeHead(401).end();
    if (isHeld) return waiting.push(response);
    return response.end(bytes);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    source: `http://127.0.0.1:${port}/archived.tgz#sha256=${createHash('sha256').update(bytes).digest('hex')}`,
    isAsked: () => waiting.length > 0,
    answer: () => {
      isHeld = false;
      for (const response of waiting.splice(0)) response.end(bytes);
    },
  };
};

const AGENT = `
import { writeFileSync } from 'node:fs';
const { KEEPWELL_URL, KEEPWELL_WORKSPACE_ID, KEEPWELL_TOKEN, ...env } = process.env;
writeFileSync(process.argv[2], JSON.stringify(env));
setInterval(() => fetch(KEEPWELL_URL + '/registry/heartbeat', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer ' + KEEPWELL_TOKEN },
  body: JSON.stringify({ workspace_id: KEEPWELL_WORKSPACE_ID, error_rate: 0 }),
}).catch(() => {}), 200);
`;

const filesBelow = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (found.isDirectory()) return filesBelow(path);
    return found.isFile() ? [path] : [];
  });

/** What every process of this machine was started with; an agent's environment is its own. */
const commandLines = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');

describe('planted secrets', () => {
  it('reach the agent, and are found nowhere else, whatever goes wrong', { timeout: 90_000 }, async () => {
    const folder = createDataFolder();
    const data = folder.path;
    const elsewhere = createDataFolder();
    onTestFinished(() => {
      stopAgents(data);
      folder.remove();
      elsewhere.remove();
    });
    const repos = join(elsewhere.path, 'repos');
    mkdirSync(repos);
    const repo = await createRepository(join(repos, 'owner', 'private'));
    await repo.commit({ 'plugin.yaml': 'name: private\n', 'tool.py': 'one\n' });
    const git = await startGitServer(repos);
    git.askFor(PLANTED.git);
    const archive = await serveArchive();
    const script = join(elsewhere.path, 'agent.mjs');
    const told = join(elsewhere.path, 'environment.json');
    writeFileSync(script, AGENT);

    const port = await freePort();
    const outputs: (() => string)[] = [];
    const start = async (keys: string[]): Promise<Program> => {
      const program = await startProgram({
        data,
        port,
        env: {
          KEEPWELL_LOG_LEVEL: 'trace',
          KEEPWELL_PLUGIN_ALLOW_PRIVATE: 'true',
          KEEPWELL_SECRET_KEY: keys.join(','),
          [`KEEPWELL_GIT_TOKEN__127_0_0_1_${git.port}`]: PLANTED.git,
          [`KEEPWELL_GIT_TOKEN__127_0_0_1_${archive.port}`]: PLANTED.archive,
        },
      });
      onTestFinished(() => program.kill9());
      outputs.push(program.output);
      return program;
    };
    const answers: string[] = [];
    const ask = async (api: Api, ...request: Parameters<Api['request']>) => {
      const reply = await api.request(...request);
      answers.push(JSON.stringify([reply.body, ...reply.headers]));
      return reply;
    };
    const environment = (): Record<string, string> => JSON.parse(readFileSync(told, 'utf8'));
    const hears = (name: string, value: string) =>
      eventually(`the agent being given ${name}`, async () => environment()[name] === value);

    let program = await start([PLANTED.olderKey]);
    await ask(program.api, 'PUT', '/secrets', { values: { GLOBAL: PLANTED.global } });
    const command = [process.execPath, script, told];
    const plugins = [`${git.url}/owner/private#main`];
    const created = await ask(program.api, 'POST', '/workspaces', {
      name: 'demo',
      command,
      plugins,
      secrets: { CREATED: PLANTED.created },
    });
    const { id } = created.body;
    const settled = () =>
      eventually('it being converged', async () => {
        const view = await program.api.view(id);
        return view.state === 'wanted.online.converged' && !view.restart_pending ? view : null;
      });
    expect(await settled()).toMatchObject({ plugins: { installed: 1 } });
    await hears('GLOBAL', PLANTED.global);
    await hears('CREATED', PLANTED.created);
    for (const value of [PLANTED.git, PLANTED.archive, PLANTED.key, PLANTED.olderKey])
      expect(readFileSync(told, 'utf8')).not.toContain(value);

    const { restarts } = await settled();
    const values = Object.fromEntries([1, 2, 3, 4, 5].map((count) => [`MANY_${count}`, PLANTED.own]));
    for (const [name, value] of Object.entries(values)) {
      await ask(program.api, 'PUT', `/workspaces/${id}/secrets`, { values: { [name]: value } });
    }
    await hears('MANY_5', PLANTED.own);
    expect((await settled()).restarts - restarts).toBe(1);

    // Killed right after the answer: what was acknowledged is on the disk, and so is the restart.
    await ask(program.api, 'PUT', `/workspaces/${id}/secrets`, { values: { MANY_1: PLANTED.changed } });
    await program.kill9();
    program = await start([PLANTED.key, PLANTED.olderKey]);
    await hears('MANY_1', PLANTED.changed);

    const source = `${git.url}/owner/private#main`;
    // Both sources have the token and keep the supervisor waiting: what runs now is looked at.
    const heldByGit: ServerResponse[] = [];
    git.answerWith((_request, response) => void heldByGit.push(response));
    for (const body of [{ source, name: 'held' }, archive.source])
      await ask(
        program.api,
        'POST',
        `/workspaces/${id}/plugins`,
        typeof body === 'string' ? { source: body } : body,
      );
    await eventually('both sources being asked', async () => heldByGit.length > 0 && archive.isAsked());
    const linesWhileAsking = commandLines();
    expect(linesWhileAsking).toMatch(/git[^]*ls-remote/);
    git.answerWith(null);
    for (const response of heldByGit) response.writeHead(500).end();
    archive.answer();
    await eventually('the archive being there', async () => {
      const { installed } = await program.api.get(`/workspaces/${id}/plugins`);
      return installed.plugins.some(({ name }: { name: string }) => name === 'archived');
    });
    git.askFor('another');
    for (const body of [
      { values: { 'not a name': PLANTED.refused } },
      { values: { KEEPWELL_TOKEN: PLANTED.refused } },
      { values: { NAME: `${PLANTED.refused}\0` } },
      { values: { NAME: { value: PLANTED.refused } } },
      { NAME: PLANTED.refused },
      `{"values": {"NAME": "${PLANTED.refused}"`,
    ]) {
      expect((await ask(program.api, 'PUT', `/workspaces/${id}/secrets`, body)).status).toBe(400);
    }
    await ask(program.api, 'POST', '/workspaces', { name: 'Not A Name', secrets: { NAME: PLANTED.refused } });
    await ask(program.api, 'PUT', '/secrets', {
      values: { [`KEEPWELL_GIT_TOKEN__127_0_0_1_${git.port + 1}`]: PLANTED.sealedGit },
    });
    await ask(program.api, 'POST', `/workspaces/${id}/plugins`, { source, name: 'again' });
    expect((await ask(program.api, 'POST', '/secrets/rotate-key')).status).toBe(200);
    const set = await keepwell(data, ['secrets', 'set', `TYPED=${PLANTED.own}`, '--workspace', 'demo']);
    const list = await keepwell(data, ['secrets', 'ls', 'demo']);
    expect([set.code, list.code, list.stdout]).toEqual([0, 0, expect.stringContaining('TYPED')]);
    answers.push(set.stdout, set.stderr, list.stdout, list.stderr);
    for (const path of ['', '/why', '/history?limit=500', '/plugins', '/plugins/lock', '/logs', '/secrets']) {
      await ask(program.api, 'GET', `/workspaces/${id}${path}`);
    }
    await ask(program.api, 'GET', '/secrets');
    await ask(program.api, 'GET', '/events?after=0&limit=1000');
    const lines = linesWhileAsking + commandLines();
    await program.stop();

    for (const [what, value] of Object.entries(PLANTED)) {
      for (const form of formsOf(value)) {
        const text = form.toString();
        expect([what, filesBelow(data).filter((path) => readFileSync(path).includes(form))]).toEqual([
          what,
          [],
        ]);
        expect([what, 'answers', answers.some((answer) => answer.includes(text))]).toEqual([
          what,
          'answers',
          false,
        ]);
        expect([what, 'output', outputs.some((output) => output().includes(text))]).toEqual([
          what,
          'output',
          false,
        ]);
        expect([what, 'arguments', lines.includes(text)]).toEqual([what, 'arguments', false]);
      }
    }
  });
});
