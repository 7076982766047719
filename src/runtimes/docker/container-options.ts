import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';
import type { Confinement, ContainerSettings } from '../../../machines/workspace/container.ts';
import type { WorkspaceFolders } from '../../folders.ts';

/** Where a container finds its folders. */
export const INSIDE: WorkspaceFolders = {
  root: '/',
  configs: '/configs',
  workspace: '/workspace',
  logs: '/dev/stdout',
};

export const HOST_NAME = 'host.docker.internal';

const LOG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } };

/** What starting as root and giving that up takes, and no more. */
const USUAL_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID'];

const CONFINED: Record<Confinement, Partial<HostConfig>> = {
  strict: {
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    ReadonlyRootfs: true,
    Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=64m,mode=1777' },
  },
  usual: { CapDrop: ['ALL'], CapAdd: USUAL_CAPABILITIES, SecurityOpt: ['no-new-privileges'] },
  open: {},
};

export type ContainerOrder = {
  name: string;
  labels: Record<string, string>;
  settings: ContainerSettings;
  /** Used where the settings name none. */
  network: string;
  /** Empty: what the image says. */
  command: readonly string[];
  env: Record<string, string>;
  /** On the machine of the engine. */
  folders: WorkspaceFolders;
  /** `uid:gid` of whoever owns the folders; null: as the image says. Not used where nothing is confined. */
  user: string | null;
};

/** What the engine is asked to create. Restarting is never the engine's business. */
export const containerOptions = (order: ContainerOrder): ContainerCreateOptions => {
  const { settings, folders, user } = order;
  const network = settings.network ?? order.network;
  const { workspaceAccess, memoryMb, cpus, pids, confinement, privileged } = settings;
  const memory = memoryMb === null ? null : memoryMb * 1024 * 1024;
  return {
    name: order.name,
    Image: settings.image,
    Labels: order.labels,
    Env: Object.entries(order.env).map(([name, value]) => `${name}=${value}`),
    ...(order.command.length === 0 ? {} : { Cmd: [...order.command] }),
    ...(workspaceAccess === 'none' ? {} : { WorkingDir: INSIDE.workspace }),
    ...(user === null || confinement === 'open' ? {} : { User: user }),
    HostConfig: {
      // Without it, a program that is the first of its container ignores SIGTERM, and the dead are never buried.
      Init: true,
      RestartPolicy: { Name: 'no' },
      NetworkMode: network,
      ExtraHosts: extraHosts(network),
      LogConfig: LOG,
      Mounts: mountsOf(folders, workspaceAccess),
      Privileged: privileged,
      ...CONFINED[confinement],
      ...(memory === null ? {} : { Memory: memory, MemorySwap: memory }),
      ...(cpus === null ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
      ...(pids === null ? {} : { PidsLimit: pids }),
    },
  };
};

/** Whether what runs in such a network sees this machine's own loopback. */
export const isOfHost = (network: string): boolean => network === 'host';

const extraHosts = (network: string): string[] => {
  if (network === 'none' || network.startsWith('container:')) return [];
  return [`${HOST_NAME}:${isOfHost(network) ? '127.0.0.1' : 'host-gateway'}`];
};

const mountsOf = (
  folders: WorkspaceFolders,
  access: ContainerSettings['workspaceAccess'],
): MountSettings[] => [
  { Type: 'bind', Source: folders.configs, Target: INSIDE.configs, ReadOnly: true },
  ...(access === 'none'
    ? []
    : [
        {
          Type: 'bind' as const,
          Source: folders.workspace,
          Target: INSIDE.workspace,
          ReadOnly: access === 'read_only',
        },
      ]),
];
