import { isDeepStrictEqual } from 'node:util';
import type { PlanEntry } from '../../machines/reconcile/outcome.ts';
import { containerOf } from '../../machines/workspace/container.ts';
import { pluginConfigs, type WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { WorkspaceView } from '../supervisor/api.ts';

/** Whether a change restarts the agent, and why, in words. `possibly`: it depends on bytes that nobody fetched yet. */
export type Restarts = { restarts: 'yes' | 'possibly' | 'no'; why: string };

/** What a changed spec would mean for the running agent. Nothing restarts that is not ours or does not run. */
export const wouldRestart = (
  { spec: before, state, status }: WorkspaceView,
  after: WorkspaceSpec,
  plugins: readonly PlanEntry[],
): Restarts => {
  if (before.runtime === 'external') return { restarts: 'no', why: 'its agent runs elsewhere' };
  if (!state.startsWith('wanted.')) return { restarts: 'no', why: `nothing runs while it is ${status}` };
  const reasons = [...ofSpec(before, after), ...plugins.flatMap(ofPlugin)];
  const restarts = (['yes', 'possibly'] as const).find((word) =>
    reasons.some((each) => each.restarts === word),
  );
  if (restarts === undefined) return { restarts: 'no', why: 'nothing that it was started with changes' };
  const decisive = reasons.filter((each) => each.restarts === restarts);
  return { restarts, why: decisive.map(({ why }) => why).join('; ') };
};

const ofSpec = (before: WorkspaceSpec, after: WorkspaceSpec): Restarts[] => {
  const reasons: string[] = [];
  if (!isDeepStrictEqual(before.command, after.command)) reasons.push('its command changes');
  if (before.sidecar !== after.sidecar)
    reasons.push(
      after.sidecar ? 'it is run under `keepwell agent`' : 'it is no longer run under `keepwell agent`',
    );
  if (!isDeepStrictEqual(containerOf(before), containerOf(after)))
    reasons.push(before.image === after.image ? 'what its container is given changes' : 'its image changes');
  const variables = [...new Set([...Object.keys(before.env), ...Object.keys(after.env)])]
    .filter((name) => before.env[name] !== after.env[name])
    .toSorted();
  if (variables.length > 0) reasons.push(`its environment changes (${variables.join(', ')})`);
  const [old, now] = [pluginConfigs(before), pluginConfigs(after)];
  const configured = [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => !isDeepStrictEqual(old[name], now[name]))
    .toSorted();
  if (configured.length > 0) reasons.push(`the configuration of ${configured.join(', ')} changes`);
  return reasons.map((why) => ({ restarts: 'yes', why }));
};

/** A preference that the declaration does not state is in the manifest, which is known once it is fetched. */
const ofPlugin = ({ name, action, why, restart, declaration, installed }: PlanEntry): Restarts[] => {
  if (!restart) return [];
  const stated = declaration?.restart;
  if (action === 'remove') return [{ restarts: 'yes', why: `plugin ${name} is removed` }];
  if (action === 'add') {
    const added = `plugin ${name} is added`;
    if (stated !== undefined) return [{ restarts: 'yes', why: added }];
    return [{ restarts: 'possibly', why: `${added}, unless its plugin.yaml says \`restart: never\`` }];
  }
  if (action !== 'update') return [];
  const updated = `plugin ${name} is updated (${why})`;
  const preference = stated ?? installed?.restart ?? 'auto';
  const unless =
    preference === 'always' ? 'unless nothing in it differs' : 'unless only its SKILL.md files differ';
  return [{ restarts: 'possibly', why: `${updated}, ${unless}` }];
};
