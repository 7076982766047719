import type { DurationMs, EpochMs } from '../../machines/time.ts';
import { pluginRestartsWithin } from '../../machines/workspace/restart-budget.ts';
import type { WorkspaceContext } from '../../machines/workspace/types.ts';

/** How much of what a workspace may cost within a window is used up. */
export type Budget = {
  used: number;
  allowed: number;
  windowMs: DurationMs;
  /** When the oldest that counts is forgotten; null when none counts. */
  nextFreeAt: EpochMs | null;
};

/** `restarts` after crashes, and `pluginRestarts` that changes of plugins caused. */
export type Budgets = { restarts: Budget; pluginRestarts: Budget };

/** What is used of a workspace's budgets at `now`. One more crash than `restarts` allows, and it is given up. */
export const budgetsOf = (context: WorkspaceContext, now: EpochMs): Budgets => {
  const { crashedAt, policy } = context;
  const crashes = crashedAt.filter((crash) => crash > now - policy.restartWindowMs);
  return {
    restarts: budgetOf(crashes, policy.restartBudget, policy.restartWindowMs),
    pluginRestarts: budgetOf(
      pluginRestartsWithin(context, now),
      policy.pluginRestartBudget,
      policy.pluginRestartWindowMs,
    ),
  };
};

const budgetOf = (counted: readonly EpochMs[], allowed: number, windowMs: DurationMs): Budget => ({
  used: counted.length,
  allowed,
  windowMs,
  nextFreeAt: counted.length === 0 ? null : Math.min(...counted) + windowMs,
});
