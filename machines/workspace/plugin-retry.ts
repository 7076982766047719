import type { BlockedPlugin, ReconcileOutcome } from '../reconcile/outcome.ts';
import { type EpochMs, SECOND, type Stamp } from '../time.ts';
import { backoffMs, type Policy } from './policy.ts';

/** When plugins that failed `attempt` times in a row are tried again: full jitter first, slow and steady later. */
export const retryMoment = (attempt: number, { at, roll }: Stamp, policy: Policy): EpochMs => {
  if (attempt >= policy.pluginTries) return at + policy.pluginRetrySlowMs;
  const ceilingMs = backoffMs(attempt, policy.pluginBackoffMs, policy.pluginBackoffMaxMs);
  return at + Math.round(Math.max(SECOND / 4, roll * ceilingMs));
};

/** The failures of a reconcile as the workspace remembers them. */
export const asBlocked = (
  { failed }: Pick<ReconcileOutcome, 'failed'>,
  attempt: number,
  retryAt: EpochMs,
): BlockedPlugin[] => failed.map((failure) => ({ ...failure, attempt, retryAt }));
