import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDockerSkipped, type PrivateDockerd, startDockerd } from '../runtimes/private-dockerd.ts';
import { importNodeImage } from './node-image.ts';
import { copySources, ENV, pack } from './pack.ts';
import { eventually, freePort, REPO } from './program.ts';

const BASE = 'keepwell-test-node:1';
const IMAGE = 'keepwell-test-image:1';
const STOP_SECONDS = 20;

describe.skipIf(isDockerSkipped)('the image of .docker/Dockerfile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keepwell-image-'));
  let engine: PrivateDockerd;
  let container: Docker.Container;
  let url: string;

  beforeAll(async () => {
    engine = await startDockerd({ storage: null });
    const [tarball] = await Promise.all([
      pack(copySources(folder), folder),
      importNodeImage(engine.docker, BASE, join(folder, 'base')),
    ]);
    await build(tarball);
    container = await start();
  }, 180_000);

  afterAll(async () => {
    await engine?.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }, 60_000);

  /** Builds it as a user does, in a folder that has what .dockerignore lets through. */
  const build = async (tarball: string): Promise<void> => {
    const context = join(folder, 'context');
    mkdirSync(context);
    cpSync(tarball, join(context, basename(tarball)));
    cpSync(join(REPO, 'package-lock.json'), join(context, 'package-lock.json'));
    cpSync(join(REPO, '.docker', 'Dockerfile'), join(context, 'Dockerfile'));
    const registry = execFileSync('npm', ['config', 'get', 'registry'], {
      encoding: 'utf8',
      env: ENV,
    }).trim();
    const progress = await engine.docker.buildImage(
      { context, src: [basename(tarball), 'package-lock.json', 'Dockerfile'] },
      { t: IMAGE, networkmode: 'host', buildargs: { BASE, npm_config_registry: registry } },
    );
    const told = await text(progress);
    if (told.includes('"errorDetail"')) throw new Error(told.slice(-4_000));
  };

  /** `docker run --read-only --tmpfs /tmp -v keepwell:/data`, in the network of this machine. */
  const start = async (): Promise<Docker.Container> => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const created = await engine.docker.createContainer({
      Image: IMAGE,
      Env: [`KEEPWELL_PORT=${port}`, 'KEEPWELL_RESTART_BACKOFF=100ms'],
      // The image's own check, only sooner.
      Healthcheck: { Interval: 1e9 },
      HostConfig: {
        ReadonlyRootfs: true,
        Tmpfs: { '/tmp': '' },
        Mounts: [{ Type: 'volume', Source: 'keepwell', Target: '/data' }],
        NetworkMode: 'host',
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
      },
    });
    await created.start();
    const stateOf = async () => (await created.inspect()).State;
    await eventually('the container being healthy', async () => {
      const { Running, Health } = await stateOf();
      if (Health?.Status === 'healthy') return true;
      const log = (await created.logs({ stdout: true, stderr: true })).toString();
      throw new Error(`running ${Running}, ${JSON.stringify(Health?.Log?.at(-1))}, ${log.slice(-2_000)}`);
    });
    return created;
  };

  const exec = async (...Cmd: string[]): Promise<{ code: number | null; said: string }> => {
    const run = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true, Tty: true });
    const said = await text(await run.start({ Tty: true }));
    return { code: (await run.inspect()).ExitCode, said: said.trim() };
  };
  const isOnline = () =>
    eventually('the workspace being online', async () =>
      /demo.*online/.test((await exec('keepwell', 'ls')).said),
    );

  it('runs as nobody in particular, and can write to its volume and to /tmp alone', async () => {
    expect((await exec('id', '-u')).said).toBe('1000');
    const write = async (place: string) => (await exec('sh', '-c', `echo 1 > ${place}/written`)).code;
    const codes = await Promise.all(['/data', '/tmp', '/keepwell', '/', '/etc', '/usr/local/bin'].map(write));
    expect(codes).toEqual([0, 0, 1, 1, 1, 1]);
  });

  it('has git for the sources of plugins', async () => {
    expect((await exec('git', '--version')).said).toMatch(/^git version/);
  });

  it('lets nobody in without a token', async () => {
    expect((await fetch(`${url}/workspaces`)).status).toBe(401);
    expect((await fetch(url)).headers.get('content-type')).toContain('text/html');
  });

  it('brings a workspace online', async () => {
    const { code, said } = await exec('keepwell', 'create', 'demo', '--template', 'seo-agent', '--wait');
    expect(code, said).toBe(0);
    await isOnline();
  });

  it('ends by itself when it is stopped, and another container goes on with its volume', async () => {
    await container.stop({ t: STOP_SECONDS });
    // Killed, it would be 137.
    expect((await container.inspect()).State).toMatchObject({ Status: 'exited', ExitCode: 0 });
    await container.remove();
    container = await start();
    await isOnline();
  });
});
