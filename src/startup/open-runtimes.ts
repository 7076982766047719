import type { Config } from '../config.ts';
import type { WorkspaceFolders } from '../folders.ts';
import { createDockerRuntime } from '../runtimes/docker-runtime.ts';
import { createExternalRuntime } from '../runtimes/external-runtime.ts';
import { createProcessRuntime } from '../runtimes/process-runtime.ts';
import type { Runtime } from '../supervisor/ports.ts';

type Given = {
  config: Config;
  installationId: string;
  foldersOf: (id: string) => WorkspaceFolders;
  /** What beats in the place of a program that does not. */
  sidecarCommand: string[];
  /** What every process is given. */
  baseEnv: Record<string, string>;
  now: () => number;
  onFault: (fault: unknown) => void;
  /** What a test puts around the runtimes that start something here. */
  around: (real: Runtime) => Runtime;
};

/** Every way to run an agent that this installation knows, by the name that a workspace gives. */
export const openRuntimes = ({ config, around, sidecarCommand, baseEnv, ...common }: Given) => ({
  process: around(createProcessRuntime({ ...common, sidecarCommand, baseEnv })),
  docker: around(
    createDockerRuntime({
      ...common,
      host: config.dockerHost,
      network: config.dockerNetwork,
      allowPrivileged: config.dockerAllowPrivileged,
      url: config.dockerUrl,
      listensOn: config.host,
      user: userOfProcess(),
    }),
  ),
  external: createExternalRuntime({ foldersOf: common.foldersOf }),
});

const userOfProcess = (): string | null =>
  process.getuid && process.getgid ? `${process.getuid()}:${process.getgid()}` : null;
