import type { ReconcileOutcome } from '../reconcile/outcome.ts';
import { type DurationMs, type EpochMs, MINUTE } from '../time.ts';
import { backoffMs } from './policy.ts';
import type { WorkspaceContext } from './types.ts';

const DAY_MS: DurationMs = 24 * 60 * MINUTE;

type Record = Pick<WorkspaceContext, 'crashedAt' | 'policy' | 'status' | 'since'>;

/** The crashes that still count after another one at `at`: a long enough time online forgets the earlier ones. */
export const withCrash = ({ crashedAt, policy, status, since }: Record, at: EpochMs): EpochMs[] => {
  const wasHealthy = status === 'online' && at - since >= policy.healthyAfterMs;
  return wasHealthy ? [at] : [...crashedAt.filter((crash) => crash > at - policy.restartWindowMs), at];
};

/** How many crashes lie in the window that ends at `at`. */
export const crashesWithin = ({ crashedAt, policy }: Pick<Record, 'crashedAt' | 'policy'>, at: EpochMs) =>
  crashedAt.filter((crash) => crash > at - policy.restartWindowMs).length;

/** Whether another restart at `at` would exceed the budget. */
export const exhaustsBudget = (record: Pick<Record, 'crashedAt' | 'policy'>, at: EpochMs) =>
  crashesWithin(record, at) > record.policy.restartBudget;

/** The restarts of the day that ends at `at`, the latest hundred at most. */
export const restartsOfDay = (
  { restartedAt }: Pick<WorkspaceContext, 'restartedAt'>,
  at: EpochMs,
): EpochMs[] => restartedAt.filter((restart) => restart > at - DAY_MS).slice(-100);

/** How long to wait before the next restart. */
export const restartDelay = ({ crashedAt, policy }: Pick<Record, 'crashedAt' | 'policy'>): DurationMs =>
  backoffMs(Math.max(1, crashedAt.length), policy.restartBackoffMs, policy.restartBackoffMaxMs);

/** Restarts that plugins caused within the window that ends at `at`. */
export const pluginRestartsWithin = ({ plugins, policy }: WorkspaceContext, at: EpochMs): EpochMs[] =>
  plugins.restartedAt.filter((restart) => restart > at - policy.pluginRestartWindowMs);

/** Whether plugins make a restart due for which their own budget has no room left. */
export const exhaustsPluginRestarts = (
  context: WorkspaceContext,
  { restartNeeded, at }: Pick<ReconcileOutcome, 'restartNeeded' | 'at'>,
): boolean =>
  context.owned &&
  restartNeeded &&
  pluginRestartsWithin(context, at).length >= context.policy.pluginRestartBudget;

/** A request is due while it is above what was served and what was declined. */
export const isRestartDue = ({ restart }: Pick<WorkspaceContext, 'restart'>): boolean =>
  restart.wanted > Math.max(restart.served, restart.decline?.wanted ?? 0);
