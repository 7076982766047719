import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { execPath, pid } from 'node:process';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  ADMIN_TOKEN,
  createDataFolder,
  eventually,
  keepwell,
  type Program,
  REPO,
  startProgram,
  stopAgents,
} from './program.ts';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;
const isSkipped = !hasTmux && process.env['CI'] !== 'true';
if (isSkipped) console.log('skipped: what top shows in a real terminal; tmux is not installed');

const SOCKET = `keepwell-test-${pid}`;
const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-L', SOCKET, ...args], { encoding: 'utf8' });

describe.skipIf(isSkipped)('top in a real terminal', () => {
  let data: ReturnType<typeof createDataFolder>;
  let program: Program;
  beforeAll(async () => {
    data = createDataFolder();
    program = await startProgram({ data: data.path });
    await keepwell(data.path, ['create', 'demo', '--template', 'seo-agent', '--wait']);
    const cli = join(REPO, 'src', 'cli', 'keepwell.ts');
    tmux(
      'new-session',
      '-d',
      '-x',
      '140',
      '-y',
      '12',
      'env',
      `KEEPWELL_ADMIN_TOKEN=${ADMIN_TOKEN}`,
      execPath,
      cli,
      'top',
      '--data',
      data.path,
    );
    tmux('set-option', '-t', '0', 'remain-on-exit', 'on');
  });
  afterAll(async () => {
    spawnSync('tmux', ['-L', SOCKET, 'kill-server']);
    await program.kill9();
    stopAgents(data.path);
    data.remove();
  });

  const sees = (what: RegExp) =>
    eventually(`the screen shows ${what.source}`, async () => what.test(tmux('capture-pane', '-p')));

  it('shows what happens as it happens', async () => {
    await sees(/▸ {2}demo +● online /);
    await program.api.post('/workspaces/demo/pause');
    await sees(/▸ {2}demo +‖ paused .*An operator paused it\./);
  });

  it('says why on a key, and goes back on another', async () => {
    tmux('send-keys', 'w');
    await sees(/Paused since .*\n[^]*any key goes back/);
    tmux('send-keys', 'x');
    await sees(/▸ {2}demo/);
  });

  it('says when the connection is lost, and gives the terminal back', async () => {
    await program.kill9();
    await sees(/connection lost/);
    tmux('send-keys', 'q');
    await eventually(
      'the program ends, and the screen of before is back',
      async () => tmux('list-panes', '-F', '#{pane_dead} #{alternate_on}').trim() === '1 0',
    );
  });
});
