import { leafOf } from '../../machines/walk.ts';
import { isPending } from '../../machines/workspace/delivery.ts';
import { isRestartDue } from '../../machines/workspace/restart-budget.ts';
import { nextMoment, scheduleOf } from '../schedule.ts';
import type { BeatReply, WorkspaceView } from './api.ts';
import type { Entry } from './entry.ts';
import type { Leases } from './leases.ts';
import { isPausedBySchedule, reasonOf } from './reason-of.ts';

/** What the world may know of a workspace. */
export const viewOf = (entry: Entry): WorkspaceView => {
  const { context, value } = entry.snapshot;
  return {
    id: entry.id,
    spec: entry.spec,
    status: context.status,
    state: leafOf(value),
    since: context.since,
    reason: reasonOf(entry),
    url: entry.agentUrl ?? entry.spec.url,
    agentCard: entry.agentCard,
    incarnation: context.incarnation,
    generation: entry.generation,
    observedGeneration: context.observedGeneration,
    presence: { ...entry.presence, leaseExpiresAt: leaseEndOf(entry) },
    deadline: context.deadline,
    restartPending: isRestartDue(context),
    restarts: context.restarts,
    onlineEntries: context.reconcile.run,
    plugins: {
      declared: entry.spec.plugins.length,
      installed: context.plugins.installed,
      generation: context.plugins.generation,
      good: context.plugins.good,
      blocked: context.plugins.blocked,
      held: context.plugins.suspicion.held,
      pending: isPending(context),
    },
    oldToken: entry.oldToken(),
    budgets: entry.budgets(),
    schedule: scheduleViewOf(entry),
    idle: context.status === 'online' ? entry.idle() : null,
    createdAt: entry.createdAt,
  };
};

const scheduleViewOf = (entry: Entry): WorkspaceView['schedule'] => {
  const schedule = scheduleOf(entry.spec);
  if (schedule === null) return null;
  const { at } = entry.scheduleAlarm;
  return { next: at === null ? null : nextMoment(schedule, at - 1), paused: isPausedBySchedule(entry) };
};

export const beatReplyOf = (entry: Entry, leases: Leases): BeatReply => ({
  status: entry.gate.status,
  generation: entry.generation,
  intervalSeconds: leases.intervalMs() / 1000,
  leaseExpiresAt: leaseEndOf(entry),
  restartPending: entry.gate.restartPending,
  pluginGeneration: entry.gate.pluginGeneration,
  pluginsPending: entry.gate.pluginsPending,
});

const leaseEndOf = (entry: Entry): number | null =>
  entry.gate.renewsLease ? entry.presence.leaseExpiresAt : null;
