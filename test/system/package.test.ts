import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const REPOSITORY = join(import.meta.dirname, '..', '..');
const PACKED = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'machines',
  'src',
  'data',
  'CHANGELOG.md',
  'README.md',
];
const folder = mkdtempSync(join(tmpdir(), 'keepwell-package-'));
const home = join(folder, 'home');
const address = 'http://127.0.0.1:17429';
let program: ChildProcess | undefined;

const run = (cwd: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });

const isReady = async (): Promise<boolean> => {
  const answer = await fetch(`${address}/readyz`).catch(() => undefined);
  return answer?.status === 200;
};

beforeAll(() => {
  // Packing rewrites package.json for a moment, which other tests must not see: it happens in a copy.
  const copy = join(folder, 'copy');
  for (const name of PACKED) cpSync(join(REPOSITORY, name), join(copy, name), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  mkdirSync(home);
  run(copy, 'npm', 'pack', '--pack-destination', folder);
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  run(home, 'npm', 'install', `../${tarball}`, '--no-audit', '--no-fund');
}, 120_000);

afterAll(async () => {
  if (program !== undefined && program.exitCode === null) {
    program.kill('SIGTERM');
    await once(program, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

test('the installed package starts a supervisor and brings a workspace of the sample template online', async () => {
  const bin = join(home, 'node_modules', '.bin', 'keepwell');
  program = spawn(bin, ['up', '--port', '17429'], { cwd: home, stdio: 'ignore' });
  await expect.poll(isReady, { timeout: 20_000 }).toBe(true);
  run(home, bin, 'create', 'demo', '--template', 'seo-agent', '--wait');
  expect(run(home, bin, 'ls')).toMatch(/demo.*online/);
}, 60_000);

test('the installed package exports its testing library and machines as compiled modules', () => {
  const code = `
    const { machineSystem } = await import('keepwell/testing');
    await import('keepwell/machines/workspace');
    console.log(typeof machineSystem, import.meta.resolve('keepwell/testing').endsWith('.js'));`;
  expect(run(home, process.execPath, '--input-type=module', '-e', code).trim()).toBe('function true');
});
