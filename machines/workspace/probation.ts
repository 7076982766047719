import type { ReconcileOutcome } from '../reconcile/outcome.ts';
import type { EpochMs } from '../time.ts';
import { pluginRestartsWithin } from './restart-budget.ts';
import { accuse, acquit, condemn, putOnTrial, release } from './suspicion.ts';
import type { PublicStatus, RollbackOutcome, WorkspaceContext } from './types.ts';

type Plugins = WorkspaceContext['plugins'];

/** A plugin generation that the agent has or will be started with: one that is not known as good has to last first. */
export const withGeneration = (plugins: Plugins, generation: number, onlineSince: EpochMs | null): Plugins =>
  generation === plugins.generation
    ? plugins
    : {
        ...plugins,
        generation,
        probation: generation === plugins.good ? null : { generation, since: onlineSince },
      };

/** Probation counts only while the agent is online without a break. */
export const withStatus = (plugins: Plugins, status: PublicStatus, at: EpochMs): Plugins =>
  plugins.probation === null
    ? plugins
    : { ...plugins, probation: { ...plugins.probation, since: status === 'online' ? at : null } };

/** When the probation ends if nothing happens; null when none runs. */
export const probationEnd = ({
  plugins,
  policy,
}: Pick<WorkspaceContext, 'plugins' | 'policy'>): EpochMs | null =>
  plugins.probation === null || plugins.probation.since === null
    ? null
    : plugins.probation.since + policy.pluginProbationMs;

/** Judges the probation at `at`: a generation that lasted is good, and what was on trial in it is acquitted. */
export const withJudgement = (context: WorkspaceContext, at: EpochMs): Plugins => {
  const { plugins } = context;
  const end = probationEnd(context);
  if (plugins.probation === null || end === null || at < end) return plugins;
  return {
    ...plugins,
    good: plugins.probation.generation,
    probation: null,
    suspicion: acquit(plugins.suspicion, at),
  };
};

/** Whether a crash now is taken for the plugins' doing: what is in force has not lasted yet. */
export const isOnProbation = ({ plugins }: Pick<WorkspaceContext, 'plugins'>): boolean =>
  plugins.probation !== null && plugins.probation.generation !== plugins.good;

/** Counts a crash as a restart that plugins cause, if they are on probation. */
export const withPluginCrash = (context: WorkspaceContext, at: EpochMs): Plugins => {
  const plugins = withJudgement(context, at);
  const judged = { ...context, plugins };
  return isOnProbation(judged)
    ? { ...plugins, restartedAt: [...pluginRestartsWithin(judged, at), at] }
    : plugins;
};

/** Whether the plugins on probation have made the agent crash often enough. What is on trial gets one chance. */
export const breaksPluginLoop = (context: WorkspaceContext, at: EpochMs): boolean =>
  isOnProbation(context) &&
  (context.plugins.suspicion.trial.length > 0 ||
    pluginRestartsWithin(context, at).length > context.policy.pluginRestartBudget);

/** Whether something that is held back can be tried again: the agent lasts without it. */
export const mayTry = ({ probation, suspicion }: Plugins): boolean =>
  probation === null && suspicion.trial.length === 0 && suspicion.groups.length > 0;

export const withTrial = (plugins: Plugins): Plugins => ({
  ...plugins,
  suspicion: putOnTrial(plugins.suspicion),
});

/** An earlier plugin generation is in force again, under a new number. */
export const withRollback = (
  { plugins, policy }: Pick<WorkspaceContext, 'plugins' | 'policy'>,
  { generation, changed, at }: Extract<RollbackOutcome, { kind: 'rolled-back' }>,
): Plugins => {
  const back = { ...plugins, generation, rollback: null, restartedAt: [] };
  const probation = policy.pluginProbationMs === 0 ? null : { generation, since: null };
  if (plugins.rollback?.by === 'operator') {
    const left = release(
      plugins.suspicion,
      changed.map(({ name }) => name),
    );
    const held = [
      ...left.held.map((one) => (one.why === 'suspected' ? ({ ...one, why: 'rolled-back' } as const) : one)),
      ...changed.map((content) => ({ ...content, why: 'rolled-back', since: at }) as const),
    ];
    return { ...back, probation, suspicion: { held, groups: [], halved: false, trial: [] } };
  }
  const { suspicion } = plugins;
  const accused =
    suspicion.trial.length > 0 ? condemn(suspicion, changed, at) : accuse(suspicion, changed, at);
  return { ...back, good: generation, probation, suspicion: accused };
};

/** It crashes without the plugins that were blamed too: they are set free. */
export const withoutBlame = (plugins: Plugins): Plugins => {
  const { held, trial } = plugins.suspicion;
  const isSuspected = plugins.probation !== null && plugins.probation.generation === plugins.good;
  if (!isSuspected) return plugins;
  const names = [...held.filter(({ why }) => why !== 'rolled-back'), ...trial].map(({ name }) => name);
  return { ...plugins, suspicion: release(plugins.suspicion, names) };
};

/** What a reconcile left in force. Whatever it put in place of held content clears that. */
export const withOutcome = (context: WorkspaceContext, outcome: ReconcileOutcome): Plugins => {
  const judged = withJudgement(context, outcome.at);
  const isOnTrial = (name: string) => judged.suspicion.trial.some((plugin) => plugin.name === name);
  const replaced = outcome.changed.filter((name) => !isOnTrial(name));
  const suspicion = replaced.length > 0 ? release(judged.suspicion, replaced) : judged.suspicion;
  const plugins = withGeneration({ ...judged, suspicion }, outcome.generation, outcome.at);
  // A trial that put nothing in force proves nothing, and must not keep the others waiting.
  const isIdle = plugins.probation === null && suspicion.trial.length > 0;
  return isIdle ? { ...plugins, suspicion: { ...suspicion, trial: [], halved: false } } : plugins;
};
