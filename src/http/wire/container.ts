import { beyondTier, type ContainerWishes } from '../../../machines/workspace/container.ts';
import type { WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import type { Issues } from '../issues.ts';
import type { ContainerBody } from '../schemas/spec.ts';

/** How each wish is written by people. */
const NAMES = {
  workspaceAccess: 'workspace_access',
  network: 'network',
  cpus: 'cpus',
  memoryMb: 'memory_mb',
  pids: 'pids',
  privileged: 'privileged',
} as const satisfies Record<keyof ContainerWishes, keyof ContainerBody>;

const WISHES = Object.entries(NAMES) as [keyof ContainerWishes, keyof ContainerBody][];

export const containerToWire = (container: ContainerWishes): ContainerBody =>
  Object.fromEntries(
    WISHES.filter(([wish]) => container[wish] !== undefined).map(([wish, name]) => [name, container[wish]]),
  );

export const parseContainer = (body: ContainerBody): ContainerWishes =>
  Object.fromEntries(
    WISHES.filter(([, name]) => body[name] !== undefined).map(([wish, name]) => [wish, body[name]]),
  );

/** Adds what is wrong with `image` and `container`: missing, without a meaning, or more than the tier allows. */
export const checkContainer = (spec: WorkspaceSpec, issues: Issues): void => {
  const { runtime, image, container } = spec;
  if (runtime === 'docker') {
    if (image === null) issues.add('image', 'is required for runtime `docker`');
    for (const { wish, message } of beyondTier(spec)) issues.add(`container.${NAMES[wish]}`, message);
    return;
  }
  const meaningless = `has no meaning for runtime \`${runtime}\``;
  if (image !== null) issues.add('image', meaningless);
  if (Object.keys(container).length > 0) issues.add('container', meaningless);
};
