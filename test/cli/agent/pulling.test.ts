import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPluginServer, type PluginServer } from './plugin-server.ts';
import { type RunningProcess, runProcess } from './run-process.ts';
import { until } from './until.ts';

const SIDECAR = join(import.meta.dirname, 'sidecar-process.ts');
/** Says who it is, and when it is asked to go. */
const LIVES_ON = [
  process.execPath,
  '-e',
  'console.log(`child ${process.pid} begins`); process.on("SIGTERM", () => { console.log("asked to go"); process.exit(0); }); setInterval(() => {}, 1000)',
];

let server: PluginServer;
let folder: string;
let plugins: string;
let running: RunningProcess[] = [];

beforeEach(async () => {
  server = await openPluginServer();
  folder = await mkdtemp(join(tmpdir(), 'keepwell-pulling-'));
  plugins = join(folder, 'plugins');
});
afterEach(async () => {
  for (const sidecar of running) {
    sidecar.signal('SIGTERM');
    await Promise.race([sidecar.ended, new Promise((resolve) => setTimeout(resolve, 3_000))]);
    for (const pid of childPids(sidecar)) quietly(() => process.kill(-pid, 'SIGKILL'));
    await sidecar.destroy();
  }
  running = [];
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const quietly = (run: () => void) => {
  try {
    run();
  } catch {
    // Gone already.
  }
};

/** Not what is dead and only waits for its parent to take note. */
const isRunning = (pid: number): boolean => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z]/.test(stdout.trim());
};

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
      pluginsDir: plugins,
      pluginsEveryMs: 300,
      pluginsMinBackoffMs: 50,
      pluginsMaxBackoffMs: 200,
      stopGraceMs: 2_000,
      ...options,
    }),
  ]);
  running.push(sidecar);
  return sidecar;
};

/** The processes of the command, as the sidecar tells of them: one may be gone before it said a word itself. */
const childPids = (sidecar: RunningProcess): number[] =>
  [...sidecar.output().matchAll(/(?:beating for|started again, as) process (\d+)/g)].map(([, pid]) =>
    Number(pid),
  );
const isInPlace = async () =>
  until(() => server.state.generation > 0 && !server.state.pending, 'everything in place');
const read = (path: string) => readFile(join(plugins, path), 'utf8');

describe('an agent elsewhere', { timeout: 60_000 }, () => {
  it('fetches what is offered, reports each hash, and starts its command again once', async () => {
    const sidecar = startSidecar();
    await sidecar.printed(/child \d+ begins/);
    await server.offer({ lint: { 'plugin.yaml': 'name: lint\n', 'bin/run.sh': 'run' }, tests: { a: 'b' } });
    await isInPlace();
    expect(await read('lint/bin/run.sh')).toBe('run');
    expect(await readlink(plugins)).toBe('.plugins/1');
    expect(server.reports.at(-1)).toEqual({
      generation: 1,
      plugins: ['lint', 'tests'].map((name) => ({
        name,
        tree_hash: server.hashOf(name),
        status: 'installed',
      })),
    });
    await until(() => childPids(sidecar).length === 2, 'a second start');
    expect(sidecar.output()).toContain('asked to go');
    await until(() => server.seen.some(({ path }) => path === '/registry/register'), 'registering anew');
    const before = server.reports.length;
    await until(() => server.reports.length > before + 2, 'more looks');
    expect(childPids(sidecar)).toHaveLength(2);
    expect(server.downloads()).toHaveLength(2);
  });

  it('does nothing but report when all is in place at its start', async () => {
    await server.offer({ lint: { a: 'a' } });
    const first = startSidecar();
    await until(() => childPids(first).length === 2, 'a second start');
    first.signal('SIGTERM');
    await first.ended;
    const second = startSidecar();
    const before = server.reports.length;
    await until(() => server.reports.length > before + 1, 'reports of the second');
    expect(childPids(second)).toHaveLength(1);
    expect(server.downloads()).toHaveLength(1);
  });

  it('leaves its command alone when only a SKILL.md changed', async () => {
    await server.offer({ lint: { 'SKILL.md': 'one', code: '1' }, other: { a: 'a' } });
    const sidecar = startSidecar();
    await until(() => childPids(sidecar).length === 2, 'the first plugins');
    await server.offer({ lint: { 'SKILL.md': 'two', code: '1' }, other: { a: 'a' } });
    await isInPlace();
    expect(await read('lint/SKILL.md')).toBe('two');
    expect(childPids(sidecar)).toHaveLength(2);
    // What is the same is not fetched again; what changed says what is there.
    expect(server.downloads().map(({ etag }) => etag !== undefined)).toEqual([false, false, true]);
  });

  it('starts its command again when plugins go, but not when they ask never to be the reason', async () => {
    await server.offer({ lint: { a: 'a' }, quiet: { a: 'a' } }, 'never');
    const sidecar = startSidecar();
    await isInPlace();
    await server.offer({ quiet: { a: 'a' } }, 'never');
    await isInPlace();
    expect((await readdir(plugins)).sort()).toEqual(['quiet']);
    expect(childPids(sidecar)).toHaveLength(1);
    await server.offer({ quiet: { a: 'b' } }, 'always');
    await until(() => childPids(sidecar).length === 2, 'a second start');
  });

  it('never starts its command again when it is told not to', async () => {
    await server.offer({ lint: { a: 'a' } });
    const sidecar = startSidecar({ restartForPlugins: false });
    await sidecar.printed('restart the command to load them');
    await isInPlace();
    expect(childPids(sidecar)).toHaveLength(1);
  });

  it('tells of what was changed by hand, and mends it', async () => {
    await server.offer({ lint: { a: 'right' } });
    startSidecar();
    await isInPlace();
    await chmod(join(plugins, 'lint'), 0o755);
    await chmod(join(plugins, 'lint/a'), 0o644);
    await writeFile(join(plugins, 'lint/a'), 'wrong');
    const isWrong = () =>
      server.reports.some(
        ({ plugins: [lint] }) => lint !== undefined && lint.tree_hash !== server.hashOf('lint'),
      );
    await until(isWrong, 'a report of the drift');
    await until(async () => (await read('lint/a')) === 'right', 'it being mended');
    await isInPlace();
  });

  it('installs the others when one cannot be had, says why, and tries it again', async () => {
    await server.offer({ good: { a: 'a' }, broken: { a: 'b' } });
    server.state.instead.set('broken', () =>
      Readable.from([gzipSync('no archive at all, but long enough'.repeat(40))]),
    );
    startSidecar();
    await until(
      () => server.reports.some(({ plugins: [, second] }) => second?.status === 'failed'),
      'its problem',
    );
    expect(await read('good/a')).toBe('a');
    const failed = server.reports
      .flatMap((report) => report.plugins)
      .find(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ name: 'broken', tree_hash: null });
    expect(failed?.error).toContain('PLUGIN_ARCHIVE_INVALID');
    server.state.instead.clear();
    await isInPlace();
    expect(await read('broken/a')).toBe('b');
  });

  it.each([
    ['another content than was said', [{ name: 'a', text: 'other' }], 1, 'PLUGIN_HASH_MISMATCH'],
    ['a path that leads elsewhere', [{ name: '../../stolen', text: 'x' }], 1, 'PLUGIN_PATH_UNSAFE'],
    ['a link', [{ name: 'a', link: '/etc/passwd' }], 1, 'PLUGIN_LINK_REFUSED'],
    [
      'half an archive',
      [{ name: 'a', text: randomText(100_000) }],
      0.5,
      'The archive is no whole tar.gz file',
    ],
    ['a bomb', [{ name: 'a', text: '0'.repeat(101 * 1024 * 1024) }], 1, 'PLUGIN_TOO_LARGE'],
  ])('refuses %s', async (_, entries, share, code) => {
    const bytes = await tarOf(entries);
    await server.offer({ lint: { a: 'a' } });
    server.state.instead.set('lint', () => Readable.from([bytes.subarray(0, bytes.length * share)]));
    startSidecar();
    await until(
      () => server.reports.some(({ plugins: [lint] }) => lint?.error?.includes(code) ?? false),
      code,
    );
    expect(await readdir(plugins).catch(() => [])).toEqual([]);
    expect(await readdir(folder)).not.toContain('stolen');
    server.state.instead.clear();
    await isInPlace();
    expect(await read('lint/a')).toBe('a');
    const staging = join(folder, '.plugins', 'cache', 'staging');
    await until(async () => (await readdir(staging)).length === 0, 'nothing left behind');
  });

  it('leaves the set before it whole when it is killed in the middle of unpacking', async () => {
    await server.offer({ lint: { a: 'old' } });
    const first = startSidecar();
    await until(() => childPids(first).length === 2, 'the first plugins');
    await server.offer({ lint: { a: 'new', b: randomText(400_000) }, more: { c: 'c' } });
    const endless = new Readable({ read() {} });
    const whole = await tarOf([
      { name: 'a', text: 'new' },
      { name: 'b', text: randomText(400_000) },
    ]);
    endless.push(whole.subarray(0, Math.floor(whole.length * 0.8)));
    server.state.instead.set('lint', () => endless);
    const staging = join(folder, '.plugins', 'cache', 'staging');
    await until(async () => (await readdir(staging)).length > 0, 'half a plugin');
    first.signal('SIGKILL');
    // Its command lives on, and holds on to the output.
    for (const pid of childPids(first)) quietly(() => process.kill(-pid, 'SIGKILL'));
    await first.ended;
    expect(await read('lint/a')).toBe('old');
    server.state.instead.clear();
    startSidecar();
    await isInPlace();
    expect([await read('lint/a'), await read('more/c')]).toEqual(['new', 'c']);
    await until(async () => (await readdir(staging)).length === 0, 'nothing left behind');
  });

  it('moves a folder of somebody else aside and keeps it', async () => {
    await mkdir(plugins);
    await writeFile(join(plugins, 'mine.txt'), 'mine');
    await server.offer({ lint: { a: 'a' } });
    startSidecar();
    await isInPlace();
    expect(await readFile(join(folder, 'plugins.before-keepwell', 'mine.txt'), 'utf8')).toBe('mine');
  });

  it('keeps its sets beside the folder, whatever that is called', async () => {
    plugins = join(folder, 'tools');
    await server.offer({ lint: { a: 'a' } });
    startSidecar({ pluginsDir: plugins });
    await isInPlace();
    expect([await readlink(plugins), await read('lint/a')]).toEqual(['.tools/1', 'a']);
  });

  it('that was not told where plugins go says so once, and fetches none', async () => {
    await server.offer({ lint: { a: 'a' } });
    const sidecar = startSidecar({ pluginsDir: undefined });
    const beats = () => server.seen.filter(({ path }) => path === '/registry/heartbeat').length;
    await until(() => beats() > 4, 'some beats');
    expect(sidecar.output().match(/--plugins-dir/g)).toHaveLength(1);
    expect(server.seen.some(({ path }) => path.startsWith('/workspaces'))).toBe(false);
  });

  it('touches nothing where the server installs the plugins itself', async () => {
    await server.offer({ lint: { a: 'a' } });
    server.state.owned = true;
    const sidecar = startSidecar();
    await sidecar.printed('the server installs the plugins of this workspace itself');
    startSidecar({ incarnation: 2 });
    const before = server.seen.length;
    await until(() => server.seen.length > before + 8, 'some beats');
    expect(server.downloads()).toEqual([]);
    expect(server.seen.filter(({ path }) => path.endsWith('/lock'))).toHaveLength(1);
    expect(await readdir(folder)).not.toContain('.plugins');
  });

  it('stops all that its command started before it starts it again', async () => {
    const stubborn = `trap "" TERM; echo "child $$ begins"; sh -c 'trap "" TERM; echo "helper $$ begins"; while :; do sleep 0.1; done' & wait; while :; do sleep 0.1; done`;
    const sidecar = startSidecar({ command: ['sh', '-c', stubborn], stopGraceMs: 300 });
    await sidecar.printed(/helper \d+ begins/);
    await server.offer({ lint: { a: 'a' } });
    await until(() => childPids(sidecar).length === 2, 'a second start');
    const [helper] = [...sidecar.output().matchAll(/helper (\d+) begins/g)].map(([, pid]) => Number(pid));
    expect(isRunning(helper ?? 0)).toBe(false);
  });

  it('is not started again when somebody asks it to end meanwhile', async () => {
    const slow =
      'console.log(`child ${process.pid} begins`); process.on("SIGTERM", () => setTimeout(() => process.exit(7), 800)); setInterval(() => {}, 1000)';
    const sidecar = startSidecar({ command: [process.execPath, '-e', slow], stopGraceMs: 5_000 });
    await sidecar.printed(/child \d+ begins/);
    await server.offer({ lint: { a: 'a' } });
    await sidecar.printed('starting the command again');
    sidecar.signal('SIGTERM');
    expect(await sidecar.ended).toEqual({ code: 7, signal: null });
    expect(childPids(sidecar)).toHaveLength(1);
  });
});

/** The same bytes for the same length, and hard to compress. */
function randomText(length: number): string {
  let text = '';
  for (let part = 0; text.length < length; part += 1)
    text += createHash('sha256').update(String(part)).digest('hex');
  return text.slice(0, length);
}

async function tarOf(entries: { name: string; text?: string; link?: string }[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, text = '', link } of entries) {
    if (link === undefined) tar.entry({ name }, text);
    else tar.entry({ name, type: 'symlink', linkname: link });
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}
