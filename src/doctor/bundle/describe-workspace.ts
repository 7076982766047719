import { workspaceMachine } from '../../../machines/workspace/workspace.machine.ts';
import { quietly } from '../../config-sources.ts';
import { parseSnapshot, restoredActor } from '../../supervisor/restore.ts';
import { whyOf } from '../../supervisor/why.ts';
import type { KnownWorkspace } from '../known-workspaces.ts';

/**
 * A workspace as the database has it, and why it is so. Of its spec, what may hold a secret is told by its name or its
 * length alone: values of `env`, arguments of its command, what plugins are configured with, what was applied.
 */
export const describeWorkspace = (
  { id, spec, snapshot }: KnownWorkspace,
  leaseEnd: number | null,
  now: number,
) => {
  const stored = quietly(() => parseSnapshot(snapshot, id));
  const restored = stored && quietly(() => restoredActor(workspaceMachine, stored, () => {}).getSnapshot());
  return {
    id,
    spec: spec && {
      ...spec,
      env: Object.keys(spec.env),
      command: [...spec.command.slice(0, 1), ...spec.command.slice(1).map(() => '…')],
      plugins: spec.plugins.map(({ config, ...plugin }) => ({
        ...plugin,
        ...(config === undefined ? {} : { config: Object.keys(config) }),
      })),
      applied: spec.applied && { set: spec.applied.set },
    },
    state: stored ?? null,
    why: restored
      ? whyOf({ name: spec?.name ?? id, snapshot: restored, leaseEnd, led: null, now })
      : 'its state cannot be read',
  };
};
