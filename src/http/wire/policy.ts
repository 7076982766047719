import { Type } from 'typebox';
import { SECOND } from '../../../machines/time.ts';
import { type Policy, resolvePolicy } from '../../../machines/workspace/policy.ts';
import { formatDuration, parseDuration } from '../../durations.ts';
import { KeepwellError } from '../../errors.ts';
import type { Issues } from '../issues.ts';

type Field = readonly [wire: string, kind: 'duration' | 'rate' | 'count', least: number];

/** How each number of a policy is called and written on the wire, and the least it may be. */
const POLICY_FIELDS = {
  offlineAfterMs: ['offline_after', 'duration', SECOND],
  provisionWithinMs: ['provision_within', 'duration', SECOND],
  degradedForMs: ['degraded_for', 'duration', 0],
  degradedAt: ['degraded_at', 'rate', 0],
  recoveredBelow: ['recovered_below', 'rate', 0],
  restartBudget: ['restart_budget', 'count', 0],
  restartWindowMs: ['restart_window', 'duration', SECOND],
  restartBackoffMs: ['restart_backoff', 'duration', 0],
  restartBackoffMaxMs: ['restart_backoff_max', 'duration', 0],
  healthyAfterMs: ['healthy_after', 'duration', SECOND],
  stopGraceMs: ['stop_grace', 'duration', 0],
  resyncEveryMs: ['resync_every', 'duration', SECOND],
  resyncJitterMs: ['resync_jitter', 'duration', 0],
  reconcileWithinMs: ['reconcile_within', 'duration', SECOND],
  pluginTries: ['plugin_tries', 'count', 1],
  pluginBackoffMs: ['plugin_backoff', 'duration', 0],
  pluginBackoffMaxMs: ['plugin_backoff_max', 'duration', 0],
  pluginRetrySlowMs: ['plugin_retry_slow', 'duration', SECOND],
  pluginRestartBudget: ['plugin_restart_budget', 'count', 0],
  pluginRestartWindowMs: ['plugin_restart_window', 'duration', SECOND],
  pluginProbationMs: ['plugin_probation', 'duration', 0],
} as const satisfies Record<keyof Policy, Field>;

const fields = Object.entries(POLICY_FIELDS) as [keyof Policy, Field][];

export type PolicyWire = Record<string, string | number>;

const schemaOf = ([, kind, least]: Field) => {
  if (kind === 'rate') return { type: 'number', minimum: 0, maximum: 1 };
  if (kind === 'count') return { type: 'integer', minimum: least, maximum: 1_000 };
  return { type: ['string', 'integer'], description: 'like 30s or 12m, or whole milliseconds' };
};

export const policySchema = Type.Unsafe<PolicyWire>({
  type: 'object',
  properties: Object.fromEntries(fields.map(([, field]) => [field[0], schemaOf(field)])),
  additionalProperties: false,
});

export const policyToWire = (policy: Partial<Policy>): PolicyWire =>
  Object.fromEntries(
    fields.flatMap(([key, [wire, kind]]) => {
      const value = policy[key];
      if (value === undefined) return [];
      return [[wire, kind === 'duration' ? formatDuration(value) : value]];
    }),
  );

/** Reads policies whose form the schema has passed; `defaults` are for what two numbers say together. */
export const parsePolicy = (wire: PolicyWire, defaults: Policy, issues: Issues): Partial<Policy> => {
  const policy: Partial<Policy> = {};
  for (const [key, [name, kind, least]] of fields) {
    const given = wire[name];
    if (given === undefined) continue;
    const value = kind === 'duration' ? readDuration(name, given, least, issues) : Number(given);
    if (value !== null) policy[key] = value;
  }
  const { degradedAt, recoveredBelow } = resolvePolicy(policy, defaults);
  if (recoveredBelow > degradedAt)
    issues.add('policy.recovered_below', `must not be above degraded_at (${degradedAt})`);
  return policy;
};

const readDuration = (name: string, given: string | number, leastMs: number, issues: Issues): number | null =>
  issues.attempt(`policy.${name}`, () => {
    const lengthMs = parseDuration(given);
    if (lengthMs >= leastMs) return lengthMs;
    throw new KeepwellError('BAD_DURATION', {
      message: `\`policy.${name}\` must be at least ${formatDuration(leastMs)}.`,
    });
  });
