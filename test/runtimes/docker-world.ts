import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerOf } from '../../machines/workspace/container.ts';
import { dataFolders } from '../../src/folders.ts';
import { createDockerRuntime, type DockerRuntimeOptions } from '../../src/runtimes/docker-runtime.ts';
import type { InstanceSpec, InstanceWish, Runtime } from '../../src/supervisor/ports.ts';
import type { RuntimeWorld } from './contract.ts';
import { IMAGE, type PrivateDockerd } from './private-dockerd.ts';
import { shellAgents } from './process-world.ts';

const ABSENT_NETWORK = 'no-such-network';

export type DockerWorld = Omit<RuntimeWorld, 'open'> & {
  installationId: string;
  foldersOf: ReturnType<typeof dataFolders>['workspace'];
  open: (more?: Partial<DockerRuntimeOptions>) => Runtime;
  order: (workspaceId: string, command: string[], more?: Partial<InstanceSpec>) => InstanceSpec;
  /** Of a workspace, in any state, as the engine has them. */
  containers: (workspaceId: string) => ReturnType<PrivateDockerd['docker']['listContainers']>;
  faults: unknown[];
};

/** A data folder of its own, and containers of a real engine. */
export const createDockerWorld = async ({ host, docker }: PrivateDockerd): Promise<DockerWorld> => {
  const root = await mkdtemp(join(tmpdir(), 'keepwell-docker-'));
  const installationId = randomUUID();
  const { workspace: foldersOf } = dataFolders(root);
  const faults: unknown[] = [];

  const containers: DockerWorld['containers'] = (workspaceId) =>
    docker.listContainers({
      all: true,
      filters: { label: [`keepwell.installation=${installationId}`, `keepwell.workspace=${workspaceId}`] },
    });
  const running = async (workspaceId: string) =>
    (await containers(workspaceId)).filter(({ State }) => State === 'running');

  return {
    agents: shellAgents,
    installationId,
    foldersOf,
    faults,
    containers,
    open: (more = {}) =>
      withImage(
        createDockerRuntime({
          installationId,
          foldersOf,
          host,
          network: 'host',
          allowPrivileged: false,
          url: null,
          listensOn: '127.0.0.1',
          user: null,
          now: Date.now,
          onFault: (fault) => faults.push(fault),
          ...more,
        }),
      ),
    order: (workspaceId, command, more = {}) => ({
      workspaceId,
      incarnation: 1,
      command,
      sidecar: false,
      container: containerOf({ image: IMAGE, tier: 1, container: {} }),
      env: {},
      token: 'secret-token',
      url: 'http://127.0.0.1:7420',
      ...more,
    }),
    countInstances: async (workspaceId) => (await running(workspaceId)).length,
    crash: async (workspaceId) => {
      for (const { Id } of await running(workspaceId)) await docker.getContainer(Id).kill();
    },
    dispose: async () => {
      const all = await docker.listContainers({
        all: true,
        filters: { label: [`keepwell.installation=${installationId}`] },
      });
      await Promise.all(all.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
      await rm(root, { recursive: true, force: true });
    },
  };
};

/** The contract knows of commands only: what cannot be started is, here, in a network that does not exist. */
const withImage = (runtime: Runtime): Runtime => {
  const complete = <T extends InstanceWish>(wish: T): T => {
    const isAbsent = wish.command === shellAgents.absent;
    const container = isAbsent ? { network: ABSENT_NETWORK } : {};
    return { ...wish, container: wish.container ?? containerOf({ image: IMAGE, tier: 1, container }) };
  };
  return {
    ...runtime,
    check: (wish) => runtime.check(complete(wish)),
    start: (spec) => runtime.start(complete(spec)),
  };
};
