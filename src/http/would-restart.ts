import { isDeepStrictEqual } from 'node:util';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { WorkspaceView } from '../supervisor/api.ts';

/** Whether a change restarts the agent. `possibly`: it depends on what the plugins turn out to hold. */
export type Restarts = 'yes' | 'possibly' | 'no';

/** What a changed spec would mean for the running agent. Nothing restarts that is not ours or does not run. */
export const wouldRestart = ({ spec: before, state }: WorkspaceView, after: WorkspaceSpec): Restarts => {
  if (before.runtime === 'external' || !state.startsWith('wanted.')) return 'no';
  const differs = (key: keyof WorkspaceSpec) => !isDeepStrictEqual(before[key], after[key]);
  if (differs('command') || differs('sidecar') || differs('env')) return 'yes';
  return changedPlugins(before, after).some(({ restart }) => restart !== 'never') ? 'possibly' : 'no';
};

const changedPlugins = (before: WorkspaceSpec, after: WorkspaceSpec) => {
  const without = (plugins: WorkspaceSpec['plugins'], others: WorkspaceSpec['plugins']) =>
    plugins.filter((plugin) => !others.some((other) => isDeepStrictEqual(plugin, other)));
  return [...without(after.plugins, before.plugins), ...without(before.plugins, after.plugins)];
};
