import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeSupervisor, openFakeSupervisor, viewOf } from './fake-supervisor.ts';
import { runCli } from './run-cli.ts';

let fake: FakeSupervisor;
beforeEach(async () => {
  fake = await openFakeSupervisor();
});
afterEach(() => fake.close());

const run = (...args: string[]) => runCli(['--url', fake.url, 'plugins', ...args]);
const cells = (line: string | undefined) => (line ?? '').split(/ {2,}/);

const SHA = 'abcdef0123456789abcdef0123456789abcdef01';
const newer = (workspace: string, dismissed = false) => ({
  workspace,
  name: 'seo',
  source: 'github://acme/seo#main',
  installed: SHA,
  latest: SHA.replace('abc', '123'),
  dismissed,
});

describe('plugins lock', () => {
  it('shows commit and hash of everything that is in force', async () => {
    const plugin = (name: string, revision: string | null) => ({
      name,
      source: `github://acme/${name}#main`,
      revision,
      tree_hash: 'f'.repeat(64),
    });
    const lock = { generation: 3, plugins: [plugin('seo', SHA), plugin('local', null)] };
    fake.answer('GET /workspaces/demo/plugins/lock', { body: lock });
    const { lines } = await run('lock', 'demo');
    expect(lines.slice(1).map(cells)).toEqual([
      ['seo', SHA, 'f'.repeat(12), 'github://acme/seo#main'],
      ['local', '–', 'f'.repeat(12), 'github://acme/local#main'],
    ]);
    expect(JSON.parse((await run('lock', 'demo', '--json')).stdout)).toEqual(lock);
    fake.answer('GET /workspaces/demo/plugins/lock', { body: { generation: 0, plugins: [] } });
    expect((await run('lock', 'demo')).stdout).toBe('No plugins are installed.\n');
  });
});

describe('plugins outdated', () => {
  it('lists what is newer for everybody, with what was dismissed', async () => {
    fake.answer('GET /plugins/outdated', { body: { items: [newer('demo'), newer('other', true)] } });
    const { lines } = await run('outdated');
    expect(lines.slice(1).map((line) => cells(line).slice(0, 4))).toEqual([
      ['demo', 'seo', 'abcdef012345', '123def012345'],
      ['other', 'seo', 'abcdef012345', '123def012345 (dismissed)'],
    ]);
  });

  it('lists those of one workspace, also for programs, and says when there are none', async () => {
    fake.answer('GET /workspaces/demo/plugins', { body: { outdated: [newer('demo')] } });
    const { stdout } = await run('outdated', 'demo', '--json');
    expect(JSON.parse(stdout)).toEqual({ items: [newer('demo')] });
    fake.answer('GET /workspaces/demo/plugins', { body: { outdated: [] } });
    expect((await run('outdated', 'demo')).stdout).toBe('Nothing newer is known.\n');
  });
});

describe('plugins update', () => {
  it('asks for the plugins that are named, or for all of a workspace', async () => {
    fake.answer('POST /workspaces/demo/plugins/update', { status: 202, body: viewOf() });
    expect((await run('update', 'demo', 'seo', 'lint')).code).toBe(0);
    expect((await run('update', 'demo')).code).toBe(0);
    expect(fake.seen.map(({ body }) => body)).toEqual([{ plugins: ['seo', 'lint'] }, {}]);
  });

  it('of all workspaces says what was begun, what was refused and why, and when there is nothing', async () => {
    fake.answer('POST /plugins/update', {
      status: 202,
      body: {
        begun: [{ workspace: 'demo', plugins: ['seo', 'lint'] }],
        refused: [{ workspace: 'other', problem: 'It is paused.' }],
      },
    });
    const { code, lines } = await run('update', '--all');
    expect([code, lines]).toEqual([
      0,
      ['demo: updating seo, lint', 'other: It is paused.', '1 workspace updating'],
    ]);
    expect(fake.seen[0]?.body).toEqual({ all: true });
    fake.answer('POST /plugins/update', { status: 202, body: { begun: [], refused: [] } });
    expect((await run('update', '--all')).stdout).toBe('Nothing to update.\n');
  });

  it('of nobody is refused with 2', async () => {
    const { code, stderr } = await run('update');
    expect([code, stderr.split('\n')[0]]).toEqual([2, 'error: Name a workspace.']);
    expect(fake.seen).toEqual([]);
  });

  it('of a workspace and of all at once is refused with 2', async () => {
    const { code, stderr } = await run('update', 'demo', '--all');
    expect([code, stderr.split('\n')[0]]).toEqual([2, 'error: --all is for every workspace, not for demo.']);
    expect(fake.seen).toEqual([]);
  });
});

describe('plugins dismiss', () => {
  it('says that the newer version is no longer listed, or why not', async () => {
    fake.answer('POST /workspaces/demo/plugins/seo/dismiss', { body: { status: 'dismissed' } });
    expect((await run('dismiss', 'demo', 'seo')).stdout).toBe('seo: its newer version is no longer listed\n');
    fake.answer('POST /workspaces/demo/plugins/seo/dismiss', {
      status: 404,
      body: { error: 'Nothing newer is known of it.', code: 'PLUGIN_NOT_OUTDATED', hint: 'Wait.' },
    });
    const { code, stderr } = await run('dismiss', 'demo', 'seo');
    expect([code, stderr]).toEqual([3, 'error: Nothing newer is known of it.\nhint: Wait.\n']);
  });
});
