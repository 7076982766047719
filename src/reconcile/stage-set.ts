import type { PlanEntry, PluginSwitch } from '../../machines/reconcile/outcome.ts';
import { makesRestartDue } from '../../machines/reconcile/plan.ts';
import type { FetchedPlugin, StepInput } from '../../machines/reconcile/reconcile.machine.ts';
import type { PluginSets, StagedPlugin } from './ports.ts';

/**
 * Builds the complete set that the plan asks for beside the one in force: what was fetched, and what stays.
 *
 * An update that could not be fetched leaves the version that is there.
 */
export const stageSet = async (
  { workspaceId, plan, fetched }: StepInput,
  { sets, signal }: { sets: PluginSets; signal: AbortSignal },
): Promise<PluginSwitch & { installed: number }> => {
  const ready = new Map(fetched.map((plugin) => [plugin.name, plugin]));
  const plugins = plan.flatMap((entry): StagedPlugin[] => {
    const plugin = ready.get(entry.name);
    if (plugin !== undefined) return [{ from: 'cache', plugin }];
    return canStay(entry) ? [{ from: 'installed', name: entry.name }] : [];
  });
  // What is not to go but is gone from disk cannot come along: the agent may have it loaded all the same.
  const moved = plan.filter(
    (entry) => ready.has(entry.name) || (entry.installed !== null && !canStay(entry)),
  );
  const changed = moved.map(({ name }) => name);
  const restartNeeded = moved.some((entry) => needsRestart(entry, ready.get(entry.name) ?? null));
  const generation = await sets.stage(workspaceId, plugins, { changed, restartNeeded }, signal);
  const installed = plan.filter(
    ({ name, action, declaration }) => declaration !== null && (action === 'keep' || ready.has(name)),
  ).length;
  return { generation, changed, restartNeeded, installed };
};

const canStay = ({ action, installed }: PlanEntry): boolean =>
  action !== 'remove' && installed !== null && installed.actualHash !== null;

const needsRestart = ({ declaration, installed }: PlanEntry, plugin: FetchedPlugin | null): boolean =>
  makesRestartDue(declaration?.restart ?? plugin?.restart ?? installed?.restart ?? 'auto', installed, plugin);
