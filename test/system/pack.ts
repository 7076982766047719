/** The package as `npm pack` makes it, of a copy: it rewrites package.json for a moment, which other tests must not see. */
import { execFile } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPO } from './program.ts';

const PACKED = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'machines',
  'src',
  'data/README.md',
  'data/templates',
  'data/registry',
  'data/grafana',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
];

const execute = promisify(execFile);

/** Runs a program to its end, and says what it wrote when it fails. */
export const run = async (cwd: string, command: string, ...args: string[]): Promise<string> => {
  const { stdout } = await execute(command, args, { cwd, timeout: 60_000, maxBuffer: 2 ** 26, env: ENV });
  return stdout;
};

/** What a user has: nothing of Keepwell is set, and `node` is the one that runs the tests. */
export const ENV = Object.fromEntries(
  Object.entries({
    ...process.env,
    PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`,
    NO_COLOR: '1',
  }).filter(([name]) => !/^(KEEPWELL_|NODE_OPTIONS$|VITEST|NODE_ENV$)/.test(name)),
) as Record<string, string>;

/** Copies what a package is made of into `<folder>/copy`, and gives that. */
export const copySources = (folder: string): string => {
  const copy = join(folder, 'copy');
  for (const name of PACKED) cpSync(join(REPO, name), join(copy, name), { recursive: true });
  symlinkSync(join(REPO, 'node_modules'), join(copy, 'node_modules'));
  return copy;
};

/** Packs a copy of the sources, and gives the tarball. */
export const pack = async (copy: string, folder: string): Promise<string> => {
  const told = await run(copy, 'npm', 'pack', '--json', '--silent', '--pack-destination', folder);
  const name = /"filename": "([^"]+)"/.exec(told)?.[1];
  if (name === undefined) throw new Error(`npm pack said ${told}`);
  return join(folder, name);
};
