import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IMAGE, isDockerSkipped, type PrivateDockerd, startDockerd } from '../runtimes/private-dockerd.ts';
import { THIRD_PARTY } from './docker-agent.ts';
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

    await sleep(2_000);

    const view = await api.view(id);
    expect(view).toMatchObject({ status: 'online', incarnation: 2, restarts: 1 });
    expect(view.plugins).toMatchObject({ declared: 1, installed: 1, failed: 0, generation: 1 });
    expect(await containersOf(id)).toEqual(containers);
    await eventually('what it found being in its log', async () =>
      (await api.get(`/workspaces/${id}/logs`)).includes('found /configs/plugins/seo-all'),
    );
  });
});
