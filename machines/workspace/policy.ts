import { type DurationMs, MINUTE, SECOND } from '../time.ts';

/** Every number by which a workspace is judged. All durations in milliseconds. */
export type Policy = {
  /** Silence after which an agent is no longer believed alive (its lease). */
  offlineAfterMs: DurationMs;
  /** How long a new incarnation may take until its first beat. */
  provisionWithinMs: DurationMs;
  /** How long `degraded` lasts at least. */
  degradedForMs: DurationMs;
  /** Error rate from which a workspace is degraded, 0–1. */
  degradedAt: number;
  /** Error rate below which it has recovered, 0–1. */
  recoveredBelow: number;
  /** Automatic restarts allowed within `restartWindowMs`. */
  restartBudget: number;
  restartWindowMs: DurationMs;
  restartBackoffMs: DurationMs;
  restartBackoffMaxMs: DurationMs;
  /** Time online after which earlier crashes are forgotten. */
  healthyAfterMs: DurationMs;
  /** Between SIGTERM and SIGKILL. 0 kills at once. */
  stopGraceMs: DurationMs;
  /** Between two looks at the installed plugins while online, plus up to `resyncJitterMs`. */
  resyncEveryMs: DurationMs;
  resyncJitterMs: DurationMs;
  /** How long one reconcile may take. */
  reconcileWithinMs: DurationMs;
  /** Plugin tries before `pluginRetrySlowMs` applies. */
  pluginTries: number;
  pluginBackoffMs: DurationMs;
  pluginBackoffMaxMs: DurationMs;
  pluginRetrySlowMs: DurationMs;
  /** Restarts that plugins may cause within `pluginRestartWindowMs`. */
  pluginRestartBudget: number;
  pluginRestartWindowMs: DurationMs;
  /** Time online after which a plugin generation counts as good. */
  pluginProbationMs: DurationMs;
};

export const DEFAULT_POLICY: Policy = {
  offlineAfterMs: 180 * SECOND,
  provisionWithinMs: 12 * MINUTE,
  degradedForMs: 0,
  degradedAt: 0.5,
  recoveredBelow: 0.1,
  restartBudget: 5,
  restartWindowMs: 30 * MINUTE,
  restartBackoffMs: 10 * SECOND,
  restartBackoffMaxMs: 5 * MINUTE,
  healthyAfterMs: 10 * MINUTE,
  stopGraceMs: 10 * SECOND,
  resyncEveryMs: 120 * SECOND,
  resyncJitterMs: 60 * SECOND,
  reconcileWithinMs: 10 * MINUTE,
  pluginTries: 8,
  pluginBackoffMs: 1 * SECOND,
  pluginBackoffMaxMs: 5 * MINUTE,
  pluginRetrySlowMs: 30 * MINUTE,
  pluginRestartBudget: 3,
  pluginRestartWindowMs: 10 * MINUTE,
  pluginProbationMs: 5 * MINUTE,
};

/** The policy in force: the defaults with what the spec says on top. */
export const resolvePolicy = (overrides: Partial<Policy>, defaults: Policy = DEFAULT_POLICY): Policy => ({
  ...defaults,
  ...overrides,
});

/** Doubles `firstMs` with each attempt (1, 2, 3…) up to `maxMs`. */
export const backoffMs = (attempt: number, firstMs: DurationMs, maxMs: DurationMs): DurationMs =>
  Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
