/** A base image without a registry: this machine's Node, npm and git, what they link to, and a busybox. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';

const APPLETS = ['sh', 'env', 'tar', 'gzip', 'rm', 'ln', 'mkdir', 'chown', 'id', 'cat', 'sleep'];
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);

const which = (name: string): string =>
  realpathSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim());

/** The libraries of a program, as its loader finds them. */
const librariesOf = (program: string): string[] => [
  ...(execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? []),
];

/** Imports the image as `name`, with a folder to put it together in. */
export const importNodeImage = async (docker: Docker, name: string, folder: string): Promise<void> => {
  const put = (from: string, to: string) => cp(realpathSync(from), join(folder, to), { recursive: true });
  for (const path of ['bin', 'etc', 'tmp', 'usr/bin', 'usr/local/bin', 'usr/local/lib'])
    mkdirSync(join(folder, path), { recursive: true });
  chmodSync(join(folder, 'tmp'), 0o1777);
  const git = which('git');
  await put(process.execPath, 'usr/local/bin/node');
  await put(git, 'usr/bin/git');
  await put(BUSYBOX as string, 'bin/busybox');
  await put(dirname(dirname(which('npm'))), 'usr/local/lib/npm');
  await symlink('../lib/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'));
  await symlink('/bin/busybox', join(folder, 'usr/bin/env'));
  for (const applet of APPLETS) await symlink('busybox', join(folder, 'bin', applet));
  for (const library of new Set([process.execPath, git].flatMap(librariesOf))) await put(library, library);
  // Whom this machine trusts, should its registry be one of its own.
  const trusted = process.env['NODE_EXTRA_CA_CERTS'];
  if (trusted !== undefined) await put(trusted, 'etc/trusted.pem');

  const tar = spawn('tar', ['-C', folder, '--owner=0', '--group=0', '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [repo, tag] = name.split(':');
  const progress = await docker.importImage(tar.stdout, {
    repo,
    tag,
    changes: [
      'ENV PATH=/usr/local/bin:/usr/bin:/bin',
      ...(trusted === undefined ? [] : ['ENV NODE_EXTRA_CA_CERTS=/etc/trusted.pem']),
    ],
  });
  for await (const block of progress) {
    if (String(block).includes('"error"')) throw new Error(String(block));
  }
};
