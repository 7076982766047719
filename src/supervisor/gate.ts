import type { HearingTag } from '../../machines/workspace/beat.ts';
import { isPending } from '../../machines/workspace/delivery.ts';
import type { Policy } from '../../machines/workspace/policy.ts';
import { isRestartDue } from '../../machines/workspace/restart-budget.ts';
import type { PublicStatus } from '../../machines/workspace/types.ts';
import type { WorkspaceSnapshot } from './restore.ts';

/** What of a state and its policy decides about a beat and the answer to it. */
export type Gate = Readonly<Pick<Policy, 'offlineAfterMs' | 'degradedAt' | 'recoveredBelow'>> & {
  readonly status: PublicStatus;
  readonly restartPending: boolean;
  readonly pluginGeneration: number;
  readonly pluginsPending: boolean;
  /** Whether a beat is taken note of. */
  readonly renewsLease: boolean;
  /** Whether silence is the agent's own doing: it neither rests nor is being started. */
  readonly isMeantToBeat: boolean;
  readonly hearing: { has(tag: HearingTag): boolean };
};

/**
 * The gate of a state; states that are alike share one.
 *
 * In a large fleet a beat is about as expensive as the number of places in memory it has to look at, for no cache
 * holds them all. A fleet has thousands of snapshots, but only a few gates.
 */
export const gateOf = ({ context, tags }: WorkspaceSnapshot): Gate => {
  const { status, policy } = context;
  const { offlineAfterMs, degradedAt, recoveredBelow } = policy;
  const restartPending = isRestartDue(context);
  const pluginGeneration = context.plugins.generation;
  const pluginsPending = isPending(context);
  const key = [
    status,
    restartPending,
    pluginGeneration,
    pluginsPending,
    offlineAfterMs,
    degradedAt,
    recoveredBelow,
    ...tags,
  ].join(' ');
  const known = gates.get(key);
  if (known !== undefined) return known;
  const renewsLease = tags.has('renews-lease');
  const gate = {
    status,
    restartPending,
    pluginGeneration,
    pluginsPending,
    renewsLease,
    isMeantToBeat: MEANT_TO_BEAT.has(status),
    hearing: tags,
    offlineAfterMs,
    degradedAt,
    recoveredBelow,
  };
  gates.set(key, gate);
  return gate;
};

const MEANT_TO_BEAT: ReadonlySet<PublicStatus> = new Set([
  'awaiting_agent',
  'online',
  'degraded',
  'offline',
  'failed',
]);

const gates = new Map<string, Gate>();
