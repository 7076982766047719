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

/** References that were to be followed and could not be: the next try follows them again. Null for none. */
export const stillToRefresh = (
  asked: string[] | 'all' | null,
  { failed, error }: Pick<ReconcileOutcome, 'failed' | 'error'>,
): string[] | 'all' | null => {
  if (asked === null || error !== null) return asked;
  const left = failed.map(({ name }) => name).filter((name) => asked === 'all' || asked.includes(name));
  return orNull([...new Set(left)]);
};

/** The references to follow when that of one plugin is not to be followed any more. */
export const withoutPlugin = (asked: readonly string[] | null, plugin: string): string[] | null =>
  orNull((asked ?? []).filter((name) => name !== plugin));

const orNull = (names: string[]): string[] | null => (names.length === 0 ? null : names);
