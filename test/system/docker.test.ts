import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IMAGE, isDockerSkipped, type PrivateDockerd, startDockerd } from '../runtimes/private-dockerd.ts';
import { startTinyRegistry } from '../runtimes/tiny-registry.ts';
import { STUBBORN, THIRD_PARTY } from './docker-agent.ts';
import { isConverged } from './in-process.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  freePort,
  type Program,
  startProgram,
} from './program.ts';

describe.skipIf(isDockerSkipped)('agents in containers', () => {
  let engine: PrivateDockerd;
  let data: ReturnType<typeof createDataFolder>;
  let port: number;
  let running: Program[];

  beforeAll(async () => {
    engine = await startDockerd();
  });
  afterAll(() => engine.dispose());
  beforeEach(async () => {
    data = createDataFolder();
    port = await freePort();
    running = [];
  });
  afterEach(async () => {
    for (const program of running) await program.kill9();
    for (const { Id } of await engine.docker.listContainers({ all: true })) {
      await engine.docker.getContainer(Id).remove({ force: true });
    }
    data.remove();
  });

  const start = async (): Promise<Program> => {
    const env = { KEEPWELL_DOCKER_HOST: engine.host, KEEPWELL_DOCKER_NETWORK: 'host' };
    const program = await startProgram({ data: data.path, port, env });
    running.push(program);
    return program;
  };
  const agent = { name: 'demo', runtime: 'docker', image: IMAGE, tier: 2, command: THIRD_PARTY };
  const create = async ({ api }: Program, more: object = {}): Promise<string> =>
    (await api.post('/workspaces', { ...agent, ...more })).id;
  const settled = ({ api }: Program, id: string, isSo: (view: Answer) => boolean = () => true) =>
    eventually('the workspace being converged', async () => {
      const view = await api.view(id);
      return isConverged(view) && view.last_heartbeat_at !== null && isSo(view) ? view : null;
    });
  /** Ids of the containers that run for a workspace, as the engine has them. */
  const containersOf = async (id: string): Promise<string[]> =>
    (await engine.docker.listContainers({ filters: { label: [`keepwell.workspace=${id}`] } })).map(
      ({ Id }) => Id,
    );

  it('get the plugins they declared with one restart, and are then left in peace', async () => {
    const keepwell = await start();
    const { api } = keepwell;
    const id = await create(keepwell, { plugins: ['local://seo-all'] });
    await settled(keepwell, id, ({ restarts }) => restarts > 0);
    const containers = await containersOf(id);
    expect(containers).toHaveLength(1);

    await sleep(1_000);

    const view = await api.view(id);
    expect(view).toMatchObject({ status: 'online', incarnation: 2, restarts: 1 });
    expect(view.plugins).toMatchObject({ declared: 1, installed: 1, failed: 0, generation: 1 });
    expect(await containersOf(id)).toEqual(containers);
    await eventually('what it found being in its log', async () =>
      (await api.get(`/workspaces/${id}/logs`)).includes('found /configs/plugins/seo-all'),
    );
  });

  it('are degraded, recover, and are started anew when they die', async () => {
    const keepwell = await start();
    const { api } = keepwell;
    const id = await create(keepwell, { policy: { degraded_for: '0s' } });
    await settled(keepwell, id);
    const errorRate = join(data.path, 'workspaces', id, 'workspace', 'error_rate');
    writeFileSync(errorRate, '0.9');
    await eventually('it being degraded', async () => (await api.view(id)).status === 'degraded');
    writeFileSync(errorRate, '0');
    const recovered = await settled(keepwell, id, ({ status }) => status === 'online');
    expect(recovered).toMatchObject({ incarnation: 1, restarts: 0 });

    const [container = ''] = await containersOf(id);
    await engine.docker.getContainer(container).kill();
    await settled(keepwell, id, ({ incarnation }) => incarnation === 2);
    const successors = await containersOf(id);
    expect(successors).toHaveLength(1);
    expect(successors).not.toContain(container);
    const history = await api.history(id);
    expect(history.find(({ event }) => event === 'instance.exited')).toMatchObject({
      cause: { incarnation: 1, code: 137 },
    });
  });

  it('run on when the supervisor is killed, and are adopted by the next one', async () => {
    const first = await start();
    const id = await create(first);
    await settled(first, id);
    const containers = await containersOf(id);
    await first.kill9();
    expect(await containersOf(id)).toEqual(containers);

    const second = await start();
    const view = await settled(second, id);
    expect(view).toMatchObject({ status: 'online', incarnation: 1, restarts: 0 });
    expect(await containersOf(id)).toEqual(containers);
    expect((await second.api.history(id)).some(({ event }) => event === 'instance.adopted')).toBe(true);
    await engine.docker.getContainer(containers[0] ?? '').kill();
    await settled(second, id, ({ incarnation }) => incarnation === 2);
  });

  it('are killed where they ignore the request to end', async () => {
    const keepwell = await start();
    const { api } = keepwell;
    const id = await create(keepwell, { command: STUBBORN, policy: { stop_grace: '300ms' } });
    await settled(keepwell, id);
    await api.post(`/workspaces/${id}/restart`);
    await settled(keepwell, id, ({ incarnation }) => incarnation === 2);
    expect(await containersOf(id)).toHaveLength(1);
    await api.request('DELETE', `/workspaces/${id}?purge=true`);
    await eventually('it being gone', async () => {
      const all = await engine.docker.listContainers({ all: true });
      return all.length === 0 && !existsSync(join(data.path, 'workspaces', id));
    });
  });

  it('stay as they are when the image of their successor is missing', async () => {
    const registry = await startTinyRegistry();
    try {
      const keepwell = await start();
      const { api } = keepwell;
      const id = await create(keepwell);
      await settled(keepwell, id);
      const containers = await containersOf(id);
      const patched = await api.request('PATCH', `/workspaces/${id}`, { image: registry.unknown });
      expect(patched.status).toBe(200);
      await eventually('the refusal', async () =>
        (await api.history(id)).some(({ cause }) => cause?.output?.code === 'IMAGE_NOT_FOUND'),
      );
      expect(await containersOf(id)).toEqual(containers);
      expect((await api.view(id)).status).toBe('online');

      const other = await create(keepwell, { name: 'other', image: registry.unknown });
      const failed = await eventually('the other having failed', async () => {
        const view = await api.view(other);
        return view.status === 'failed' ? view : null;
      });
      expect(failed.reason).toMatchObject({ message: expect.stringContaining(registry.unknown) });
    } finally {
      registry.close();
    }
  });

  it('are left alone while the engine hangs, and are back after it was stopped and started', async () => {
    const keepwell = await start();
    const { api } = keepwell;
    const id = await create(keepwell, { policy: { stop_grace: '500ms' } });
    await settled(keepwell, id);
    engine.freeze();
    await sleep(1_000);
    expect(await api.view(id)).toMatchObject({ status: 'online', incarnation: 1, restarts: 0 });
    engine.thaw();

    await engine.stop();
    await sleep(1_500);
    const down = await api.view(id);
    expect(down.status).not.toBe('failed');
    await engine.start();
    await settled(keepwell, id, ({ incarnation, status }) => incarnation > 1 && status === 'online');
    expect(await containersOf(id)).toHaveLength(1);
  });

  it('that belong to no workspace are swept away at the next start', async () => {
    const first = await start();
    const id = await create(first);
    await settled(first, id);
    await first.kill9();
    const [container = ''] = await containersOf(id);
    const { Config } = await engine.docker.getContainer(container).inspect();
    const Labels = { ...Config.Labels, 'keepwell.workspace': '01orphan00000000000000000a' };
    const orphan = await engine.docker.createContainer({
      Image: IMAGE,
      Cmd: ['sleep', '600'],
      Labels,
      HostConfig: { Init: true },
    });
    await orphan.start();
    const second = await start();
    await eventually('the orphan being gone', async () =>
      orphan.inspect().then(
        () => false,
        () => true,
      ),
    );
    await settled(second, id);
    expect(await containersOf(id)).toEqual([container]);
  });
});
