import type { WorkspaceSpec } from './spec.ts';

/** How a container sees the folder that its workspace works in. */
export type WorkspaceAccess = 'none' | 'read_only' | 'read_write';

/** What the operator says of a container beside its image; what is not said follows from the tier. */
export type ContainerWishes = {
  workspaceAccess?: WorkspaceAccess;
  /** A network of the engine. Default: the one that is configured. */
  network?: string;
  cpus?: number;
  memoryMb?: number;
  pids?: number;
  /** Takes tier 3, and a configuration that allows it. */
  privileged?: boolean;
};

/**
 * How much a container is kept from. `strict`: a root folder that is read-only, and no capability. `usual`: what
 * installers need, no more. `open`: what the engine gives by itself.
 */
export type Confinement = 'strict' | 'usual' | 'open';

/** What a container is given, complete. A null limit is none. */
export type ContainerSettings = {
  image: string;
  workspaceAccess: WorkspaceAccess;
  network: string | null;
  cpus: number | null;
  memoryMb: number | null;
  pids: number | null;
  confinement: Confinement;
  privileged: boolean;
};

type Tier = Omit<ContainerSettings, 'image' | 'network' | 'privileged'>;

const STRICT: Tier = {
  confinement: 'strict',
  workspaceAccess: 'none',
  cpus: 1,
  memoryMb: 512,
  pids: 128,
};
const USUAL: Tier = {
  confinement: 'usual',
  workspaceAccess: 'read_write',
  cpus: 2,
  memoryMb: 2_048,
  pids: 512,
};
const OPEN: Tier = {
  confinement: 'open',
  workspaceAccess: 'read_write',
  cpus: null,
  memoryMb: null,
  pids: null,
};

const tierOf = (tier: number): Tier => (tier >= 3 ? OPEN : tier === 2 ? USUAL : STRICT);

/** What a workspace's container is given; null when it runs in none. The tier's limits are the highest there can be. */
export const containerOf = ({
  image,
  tier,
  container,
}: Pick<WorkspaceSpec, 'image' | 'tier' | 'container'>): ContainerSettings | null => {
  if (image === null) return null;
  const defaults = tierOf(tier);
  return {
    image,
    confinement: defaults.confinement,
    workspaceAccess: container.workspaceAccess ?? defaults.workspaceAccess,
    network: container.network ?? null,
    cpus: lower(container.cpus, defaults.cpus),
    memoryMb: lower(container.memoryMb, defaults.memoryMb),
    pids: lower(container.pids, defaults.pids),
    privileged: defaults.confinement === 'open' && container.privileged === true,
  };
};

const lower = (wish: number | undefined, limit: number | null): number | null =>
  wish === undefined ? limit : limit === null ? wish : Math.min(wish, limit);

/** What a tier does not allow, each with the name of the wish. */
export const beyondTier = ({
  tier,
  container,
}: Pick<WorkspaceSpec, 'tier' | 'container'>): { wish: keyof ContainerWishes; message: string }[] => {
  const { confinement, ...limits } = tierOf(tier);
  if (confinement === 'open') return [];
  const tooMuch = (['cpus', 'memoryMb', 'pids'] as const)
    .filter((wish) => (container[wish] ?? 0) > (limits[wish] ?? Infinity))
    .map((wish) => ({ wish, message: `may be at most ${limits[wish]} in tier ${tier}` }));
  const privileges = (['privileged', 'network'] as const)
    .filter((wish) => (wish === 'privileged' ? container.privileged : sharesNetwork(container.network)))
    .map((wish) => ({ wish, message: 'takes tier 3' }));
  return [...tooMuch, ...privileges];
};

/** A network that is not the container's own shows it what others listen to. */
const sharesNetwork = (network: string | undefined): boolean =>
  network !== undefined && (network === 'host' || network.startsWith('container:'));
