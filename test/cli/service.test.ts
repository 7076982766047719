import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from './run-cli.ts';

const bench = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keepwell-service-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
const lineOf = (unit: string, name: string): string | undefined =>
  unit.split('\n').find((line) => line.startsWith(`${name}=`));

const analyze = (words: string[], env: Record<string, string> = {}) => {
  const { status, stdout, stderr, error } = spawnSync('systemd-analyze', words, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  return { isThere: error === undefined, status, said: `${stdout}${stderr}` };
};
const reason =
  process.env.CI === 'true' || analyze(['--version']).isThere ? null : 'there is no systemd-analyze here';
if (reason !== null) console.log(`units are not verified here: ${reason}`);

/** What `--print` gives, as a file of the name that systemd wants. */
const printed = async (...words: string[]): Promise<{ file: string; unit: string }> => {
  const folder = bench();
  const data = join(folder, 'a folder at 100%');
  const { code, stdout, stderr } = await runCli(['service', 'install', '--print', '--data', data, ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const file = join(folder, 'keepwell.service');
  writeFileSync(file, stdout);
  return { file, unit: stdout };
};

describe('keepwell service', () => {
  it('lets agents go on while the supervisor is stopped, and write where they have to', async () => {
    const { unit } = await printed('--run-as', userInfo().username, '--write', '/srv/models');
    expect(lineOf(unit, 'KillMode')).toBe('KillMode=process');
    expect(lineOf(unit, 'OOMPolicy')).toBe('OOMPolicy=continue');
    expect(lineOf(unit, 'ReadWritePaths')).toMatch(/a folder at 100%%" \/tmp \/var\/tmp \/srv\/models$/);
    // A folder for temporary files that goes with the supervisor would go from under its agents.
    expect(unit).not.toMatch(
      /^(PrivateTmp|PrivateUsers|PrivatePIDs|MemoryDenyWriteExecute|RestrictNamespaces)=/m,
    );
    expect(lineOf(unit, 'ExecStart')).toMatch(/keepwell\.ts up --data ".*\/a folder at 100%%"$/);
  });

  it.skipIf(reason !== null)('writes units that systemd has nothing to say about', async () => {
    const { file } = await printed('--run-as', userInfo().username);
    expect(analyze(['verify', file])).toMatchObject({ status: 0, said: '' });
    const runtime = bench();
    const own = await printed('--user');
    const verified = analyze(['verify', '--user', own.file], { XDG_RUNTIME_DIR: runtime, HOME: runtime });
    expect(verified).toMatchObject({ status: 0, said: '' });
    // The same look finds what is wrong with one that is.
    writeFileSync(file, readFileSync(file, 'utf8').replace('KillMode=process', 'KillMode=proces'));
    expect(analyze(['verify', file]).said).toContain('kill mode');
  });

  it.skipIf(reason !== null)(
    'keeps a service of the machine from most of what it does not need',
    async () => {
      const { file } = await printed('--run-as', 'daemon');
      const { status, said } = analyze(['security', '--offline=yes', '--no-pager', '--threshold=40', file]);
      expect({ status, said }).toMatchObject({ status: 0 });
    },
  );

  it('writes the unit of a user, says what comes next, keeps one that says something else, and takes it away', async () => {
    const home = bench();
    const data = join(home, 'data');
    const env = { HOME: home, KEEPWELL_DATA: data };
    const file = join(home, '.config/systemd/user/keepwell.service');
    const installed = await runCli(['service', 'install', '--user'], { env });
    expect(installed).toMatchObject({ code: 0, stderr: '' });
    expect(installed.lines).toContain('  systemctl --user enable --now keepwell');
    expect(existsSync(data)).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain(`up --data ${data}\n`);
    // Once more is as good as once.
    expect(await runCli(['service', 'install', '--user'], { env })).toMatchObject({ code: 0 });

    const unit = readFileSync(file, 'utf8');
    writeFileSync(file, `${unit}# mine\n`);
    const refused = await runCli(['service', 'install', '--user', '--json'], { env });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('UNIT_EXISTS') });
    expect(readFileSync(file, 'utf8')).toContain('# mine');
    expect(await runCli(['service', 'install', '--user', '--force'], { env })).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(unit);

    const wanted = join(dirname(file), 'default.target.wants', 'keepwell.service');
    mkdirSync(dirname(wanted));
    symlinkSync(file, wanted);
    expect(await runCli(['service', 'uninstall', '--user'], { env })).toMatchObject({ code: 0 });
    expect([existsSync(file), existsSync(wanted), existsSync(data)]).toEqual([false, false, true]);
    expect(await runCli(['service', 'uninstall', '--user'], { env })).toMatchObject({ code: 1 });
    writeFileSync(file, '[Unit]\n');
    expect(await runCli(['service', 'uninstall', '--user'], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('was not written by Keepwell'),
    });
    expect(existsSync(file)).toBe(true);
  });

  it('runs as nobody in particular only when it is told to', async () => {
    const data = join(bench(), 'none');
    const print = ['service', 'install', '--print', '--data', data];
    expect(await runCli(print)).toMatchObject({ code: 2, stderr: expect.stringContaining('--run-as') });
    expect(await runCli([...print, '--run-as', 'no-such-user'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no user no-such-user'),
    });
    expect(await runCli([...print, '--user', '--run-as', 'x'])).toMatchObject({ code: 2 });
  });
});
