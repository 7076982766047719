import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd'].find(existsSync);

/** Why no ssh server can be started here; null when one can. In CI there must be one. */
export const noSshServer = (): string | null => {
  if (SSHD === undefined) return 'there is no sshd on this machine';
  return null;
};

export type SshServer = {
  port: number;
  user: string;
  /** A private key that is let in, and the file of host keys in which the server is. */
  ssh: { key: string; knownHosts: string };
  /** Lets the server be known by another name, too. */
  knowAs(name: string): Promise<void>;
  /** What the server wrote down. */
  log(): Promise<string>;
};

/** A real sshd on loopback that lets in whoever runs the test, by one key. */
export const startSshServer = async (folder: string): Promise<SshServer> => {
  await mkdir(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  for (const name of ['host-key', 'client-key']) createKey(file(name));
  const port = await freePort();
  const user = userInfo().username;
  await writeFile(file('authorized'), await readFile(file('client-key.pub')));
  const hostKey = (await readFile(file('host-key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  const knowAs = (name: string) => appendFile(file('known %h hosts'), `[${name}]:${port} ${hostKey}\n`);
  await knowAs('127.0.0.1');
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host-key')}`,
    `AuthorizedKeysFile ${file('authorized')}`,
    `PidFile ${file('pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'LogLevel VERBOSE',
  ];
  await writeFile(file('sshd_config'), `${settings.join('\n')}\n`);
  const log = file('sshd.log');
  await writeFile(log, '');
  // Where sshd of root locks itself in; whatever starts it at boot makes the folder, too.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const server = spawn(SSHD ?? '', ['-D', '-f', file('sshd_config'), '-E', log], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  onTestFinished(async () => {
    server.kill();
    await ended;
  });
  while (!(await readFile(log, 'utf8')).includes('Server listening')) {
    if (server.exitCode !== null) throw new Error(`sshd ended: ${await readFile(log, 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    user,
    ssh: { key: file('client-key'), knownHosts: file('known %h hosts') },
    knowAs,
    log: () => readFile(log, 'utf8'),
  };
};

/** A key without passphrase. */
export const createKey = (file: string): void => {
  execFileSync('sh', ['-c', `ssh-keygen -q -t ed25519 -N '' -f "$0"`, file]);
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
};
