import type { BlockedPlugin, HeldPlugin } from '../../../machines/reconcile/outcome.ts';
import { type Policy, resolvePolicy } from '../../../machines/workspace/policy.ts';
import type { WorkspaceView } from '../../supervisor/api.ts';
import { iso } from '../schemas/nullable.ts';
import type { WorkspaceDetail, WorkspaceSummary } from '../schemas/workspace.ts';
import { policyToWire } from './policy.ts';
import { specToWire } from './spec.ts';

/** A workspace as lists show it. */
export const summaryOf = ({
  spec,
  presence,
  plugins,
  deadline,
  ...view
}: WorkspaceView): WorkspaceSummary => ({
  id: view.id,
  name: spec.name,
  role: spec.role,
  tier: spec.tier,
  status: view.status,
  state: view.state,
  since: iso(view.since),
  reason: view.reason,
  runtime: spec.runtime,
  url: view.url,
  agent_card: view.agentCard,
  incarnation: view.incarnation,
  generation: view.generation,
  observed_generation: view.observedGeneration,
  last_heartbeat_at: iso(presence.lastHeartbeatAt),
  lease_expires_at: iso(presence.leaseExpiresAt),
  last_error_rate: presence.errorRate,
  last_sample_error: presence.sampleError,
  active_tasks: presence.activeTasks,
  current_task: presence.currentTask,
  uptime_seconds: presence.uptimeSeconds,
  plugins: {
    declared: plugins.declared,
    installed: plugins.installed,
    failed: plugins.blocked.length,
    generation: plugins.generation,
    good: plugins.good,
    pending: plugins.pending,
    held: plugins.held.map(heldToWire),
    blocked: plugins.blocked.map(blockedToWire),
  },
  restarts: view.restarts,
  restart_pending: view.restartPending,
  deadline: deadline === null ? null : { name: deadline.name, at: iso(deadline.at) },
  created_at: iso(view.createdAt),
});

/** A workspace with its spec. Only an administrator sees the values of `env`; others see null. */
export const detailOf = (
  view: WorkspaceView,
  { showEnv, policyDefaults }: { showEnv: boolean; policyDefaults: Policy },
): WorkspaceDetail => {
  const spec = specToWire(view.spec);
  const env = showEnv ? spec.env : Object.fromEntries(Object.keys(spec.env).map((name) => [name, null]));
  return {
    ...summaryOf(view),
    restart_budget: budgetToWire(view.budgets.restarts),
    plugin_restart_budget: budgetToWire(view.budgets.pluginRestarts),
    schedule: scheduleToWire(view),
    idle: view.idle && { since: iso(view.idle.since), hibernates_at: iso(view.idle.until) },
    old_token: oldTokenToWire(view),
    spec: { ...spec, env },
    policy: policyToWire(resolvePolicy(view.spec.policy, policyDefaults)),
  };
};

const budgetToWire = ({ used, allowed, windowMs, nextFreeAt }: WorkspaceView['budgets']['restarts']) => ({
  used,
  allowed,
  window_seconds: windowMs / 1_000,
  next_free_at: iso(nextFreeAt),
});

const scheduleToWire = ({ schedule }: WorkspaceView) =>
  schedule && {
    next: schedule.next && { act: schedule.next.act, at: iso(schedule.next.at) },
    paused: schedule.paused,
  };

const oldTokenToWire = ({ oldToken }: WorkspaceView) =>
  oldToken === null ? null : { until: iso(oldToken.until), last_used_at: iso(oldToken.usedAt) };

export const heldToWire = ({ name, source, revision, treeHash, why, since }: HeldPlugin) => ({
  name,
  source,
  revision,
  tree_hash: treeHash,
  why,
  since: iso(since),
});

export const blockedToWire = ({ retryAt, name, source, code, message, attempt }: BlockedPlugin) => ({
  name,
  source,
  code,
  message,
  attempt,
  retry_at: iso(retryAt),
});
