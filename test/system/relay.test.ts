import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningProcess, runProcess } from '../cli/agent/run-process.ts';
import { converged, createExternal } from './external-agent.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  freePort,
  offerPlugin,
  type Program,
  REPO,
  startProgram,
  stopAgents,
} from './program.ts';

const CLI = join(REPO, 'src', 'cli', 'keepwell.ts');
const STAYS = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];

let data: ReturnType<typeof createDataFolder>;
let box: ReturnType<typeof createDataFolder>;
let port: number;
let program: Program;
let relay: RunningProcess;

const start = async () => {
  program = await startProgram({ data: data.path, port, env: { KEEPWELL_LOG_LEVEL: 'debug' } });
};
beforeEach(async () => {
  [data, box] = [createDataFolder(), createDataFolder()];
  port = await freePort();
  await start();
});
afterEach(async () => {
  // Asked, not killed: a command that may be replaced has a group of its own, and would be left behind.
  if (relay.isRunning()) relay.signal('SIGTERM');
  await relay.ended;
  await program.kill9();
  stopAgents(data.path);
  data.remove();
  box.remove();
});

const startRelay = async (agents: unknown[]): Promise<void> => {
  const { token } = await program.api.post('/tokens', { name: 'edge', role: 'relay' });
  const file = join(box.path, 'agents.yaml');
  writeFileSync(join(box.path, 'relay-token'), token, { mode: 0o600 });
  writeFileSync(file, JSON.stringify({ url: program.api.url, token_file: 'relay-token', agents }));
  relay = runProcess([process.execPath, CLI, 'agent', '--relay', file, '--plugins-every', '400ms'], {
    env: { KEEPWELL_DATA: join(box.path, 'no-data'), KEEPWELL_ADMIN_TOKEN: 'must-not-be-handed-on' },
  });
};
const areOnline = (ids: readonly string[]) =>
  eventually('all being online', async () => {
    const views = await Promise.all(ids.map((id) => program.api.view(id)));
    return views.every(({ status }: Answer) => status === 'online');
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${relay.output()}`);
  });
const requests = () => program.output().match(/"url":"\/registry\/heartbeats"/g)?.length ?? 0;

describe('`keepwell agent --relay`', () => {
  it('runs many commands and beats for all in one request, also after the server was killed', async () => {
    const created = await Promise.all(
      ['one', 'two', 'three'].map((name) => createExternal(program.api, name, [])),
    );
    const ids = created.map(({ id }) => id as string);
    const seen = join(box.path, 'seen.json');
    const tells = `require('fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify(process.env)); setInterval(() => {}, 1000)`;
    await startRelay([
      { workspace: ids[0], command: [process.execPath, '-e', tells], env: { PORT: '8080' } },
      ...ids.slice(1).map((workspace) => ({ workspace, command: STAYS })),
    ]);
    await areOnline(ids);
    const env = JSON.parse(readFileSync(seen, 'utf8'));
    expect(env).toMatchObject({ PORT: '8080', KEEPWELL_WORKSPACE_ID: ids[0] });
    expect(JSON.stringify(env)).not.toMatch(/kwr_|must-not-be-handed-on/);

    const before = requests();
    const beats = async () =>
      Number(/keepwell_beats_total (\d+)/.exec(await program.api.get('/metrics'))?.[1]);
    const heard = await beats();
    await eventually('some rounds', async () => requests() >= before + 5);
    const perRequest = ((await beats()) - heard) / (requests() - before);
    expect(perRequest).toBeGreaterThan(2);

    await program.kill9();
    await start();
    const beatsAgain = (view: Answer) => Date.parse(view.last_heartbeat_at) > Date.now() - 1_000;
    await eventually('beats after the restart', async () =>
      (await Promise.all(ids.map((id) => program.api.view(id)))).every(beatsAgain),
    );
    relay.signal('SIGTERM');
    expect((await relay.ended).code).toBe(143);
  });

  it('stops only the agent whose workspace was removed, and starts a command again that ended', async () => {
    const created = await Promise.all(
      ['stays', 'goes', 'ends'].map((name) => createExternal(program.api, name, [])),
    );
    const [stays, goes, ends] = created.map(({ id }) => id as string) as [string, string, string];
    await startRelay([
      { workspace: stays, command: STAYS },
      { workspace: goes, command: STAYS },
      { workspace: ends, command: [process.execPath, '-e', 'setTimeout(() => process.exit(3), 300)'] },
    ]);
    await areOnline([stays, goes]);
    await relay.printed(`${ends}: the command ended with 3; starting it again in`);
    await program.api.request('DELETE', `/workspaces/${goes}`);
    await relay.printed(`${goes}: the workspace was removed; stopping the command`);
    await eventually('the other going on', async () => {
      const view = await program.api.view(stays);
      return view.status === 'online' && Date.parse(view.last_heartbeat_at) > Date.now() - 500;
    });
    const starts = () => relay.output().split(`${ends}: beating for process`).length - 1;
    await eventually('the command being started again', async () => starts() >= 2);
    expect(relay.isRunning()).toBe(true);
  });

  it('fetches the plugins of an agent that has a token of its own', async () => {
    await offerPlugin(data.path, 'tool', { 'plugin.yaml': 'name: tool\n', 'code.js': 'one' });
    const { id, auth_token: token } = await createExternal(program.api, 'equipped', ['tool']);
    mkdirSync(join(box.path, 'plugins'));
    writeFileSync(join(box.path, 'own-token'), token);
    await startRelay([{ workspace: id, command: STAYS, plugins_dir: 'plugins', token_file: 'own-token' }]);
    await converged(program.api, id);
    expect(readFileSync(join(box.path, 'plugins', 'tool', 'code.js'), 'utf8')).toBe('one');
  });

  it.each([
    ['an unknown field', [{ workspace: 'w', command: ['x'], comand: 'y' }], 'agents/0'],
    ['no command', [{ workspace: 'w' }], 'agents/0'],
    [
      'a workspace twice',
      [
        { workspace: 'w', command: ['x'] },
        { workspace: 'w', command: ['x'] },
      ],
      'there twice',
    ],
    ['plugins without a token', [{ workspace: 'w', command: ['x'], plugins_dir: 'p' }], 'no token_file'],
  ])('refuses a file with %s, and starts nothing', async (_, agents, words) => {
    await startRelay(agents);
    expect((await relay.ended).code).toBe(2);
    expect(relay.output()).toContain(words);
  });
});
