/** A Docker engine of the test's own: its data, its socket, its containers; nothing of the machine's is touched. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { pack } from 'tar-stream';

export const IMAGE = 'keepwell-test:1';

const DOCKERD = ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].find(existsSync);
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);
const APPLETS = ['sh', 'sleep', 'cat', 'id', 'wget', 'echo', 'touch', 'tail', 'grep', 'dd', 'env', 'ls'];

const lacking = (): string | null => {
  if (process.getuid?.() !== 0) return 'an engine of its own takes root';
  if (DOCKERD === undefined || BUSYBOX === undefined) return 'it takes docker.io and busybox-static';
  return null;
};

/** Whether tests of containers cannot run here. Where they must, they fail instead. */
export const isDockerSkipped = lacking() !== null && process.env['CI'] !== 'true';
if (isDockerSkipped) console.warn(`Tests with Docker are skipped: ${lacking()}.`);

/**
 * Starts an engine that has `IMAGE`: a busybox, and nothing else. Its containers share the network of this machine.
 *
 * @param options.storage `vfs` works everywhere, and copies everything; with null the engine takes the best it can.
 */
export const startDockerd = async ({ storage = 'vfs' }: { storage?: 'vfs' | null } = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'keepwell-dockerd-'));
  const socket = join(folder, 'docker.sock');
  const docker = new Docker({ socketPath: socket });
  let daemon: ChildProcess | null = null;
  let output = '';

  const start = async (): Promise<void> => {
    const child = spawn(
      DOCKERD as string,
      [
        '--data-root',
        join(folder, 'data'),
        '--exec-root',
        join(folder, 'exec'),
        '--pidfile',
        join(folder, 'docker.pid'),
        '--host',
        `unix://${socket}`,
        ...(storage === null ? [] : ['--storage-driver', storage]),
        '--iptables=false',
        '--ip6tables=false',
        '--bridge=none',
        // A container stops within this time when the engine does.
        '--shutdown-timeout',
        '1',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    daemon = child;
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
      if (child.exitCode !== null) break;
      if (await docker.ping().catch(() => null)) return;
    }
    throw new Error(`dockerd does not come up: ${output.slice(-2_000)}`);
  };

  const stop = async (): Promise<void> => {
    const child = daemon;
    daemon = null;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };

  await start();
  await importImage(docker);
  return {
    host: `unix://${socket}`,
    docker,
    start,
    stop,
    /** As a power cut would; its containers go on. */
    async kill9(): Promise<void> {
      const child = daemon;
      daemon = null;
      if (child === null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
      // Its containerd dies with it; where nobody buries that, the next engine would take it for alive.
      await rm(join(folder, 'exec', 'containerd', 'containerd.pid'), { force: true });
    },
    /** Lets it hang: it takes connections, and answers nothing. */
    freeze: () => daemon?.kill('SIGSTOP'),
    thaw: () => daemon?.kill('SIGCONT'),
    async dispose(): Promise<void> {
      if (daemon !== null) {
        const left = await docker.listContainers({ all: true });
        await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
      }
      await stop();
      unmountBelow(folder);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

export type PrivateDockerd = Awaited<ReturnType<typeof startDockerd>>;

const importImage = async (docker: Docker): Promise<void> => {
  const tar = pack();
  tar.entry({ name: 'bin/', type: 'directory', mode: 0o755 });
  tar.entry({ name: 'tmp/', type: 'directory', mode: 0o1777 });
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, await readFile(BUSYBOX as string));
  for (const applet of APPLETS) {
    tar.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' });
  }
  tar.finalize();
  const [repo, tag] = IMAGE.split(':');
  const progress = await docker.importImage(tar as unknown as NodeJS.ReadableStream, { repo, tag });
  for await (const block of progress) {
    if (String(block).includes('"error"')) throw new Error(String(block));
  }
};

/** What an engine that was killed leaves mounted. */
const unmountBelow = (folder: string): void => {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.toReversed()) execFileSync('umount', ['-l', path]);
};
