import { assign, fromPromise, setup } from 'xstate';
import type { ReconcileOutcome } from '../reconcile/outcome.ts';
import { reconcileMachine } from '../reconcile/reconcile.machine.ts';
import { SECOND, type Stamp } from '../time.ts';
import type { HearingTag } from './beat.ts';
import { isPending } from './delivery.ts';
import { asBlocked, retryMoment, stillToRefresh, withoutPlugin } from './plugin-retry.ts';
import {
  breaksPluginLoop,
  isOnProbation,
  mayTry,
  probationEnd,
  withGeneration,
  withOutcome,
  withoutBlame,
  withPluginCrash,
  withRollback,
  withStatus,
  withTrial,
} from './probation.ts';
import { reasons } from './reasons.ts';
import {
  exhaustsBudget,
  exhaustsPluginRestarts,
  isRestartDue,
  pluginRestartsWithin,
  restartDelay,
  restartsOfDay,
  withCrash,
} from './restart-budget.ts';
import { NO_SUSPICION, release } from './suspicion.ts';
import type {
  DeadlineName,
  Declined,
  ProvisionOutcome,
  PublicStatus,
  Reason,
  RollbackOutcome,
  StopOutcome,
  WorkspaceContext,
  WorkspaceEvent,
  WorkspaceInput,
} from './types.ts';

/** Raised whenever a stored snapshot needs a migration to be understood by this machine. */
export const WORKSPACE_MACHINE_VERSION = 3;

/** `leased`: silence is judged. `renews-lease`: a beat is taken note of. */
export type WorkspaceTag = HearingTag | 'leased' | 'renews-lease';

/** `why`: what is to be said of a workspace in a state beyond its description; see `fillIn` for what may stand in braces. */
type StateMeta = { why: string };

/** How long after a driver's error a stop is tried again, and how long one may take beyond its grace. */
const STOP_RETRY_MS = 10 * SECOND;
const STOP_SLACK_MS = 30 * SECOND;
/** Changes of secrets that come within so much of each other cost one restart. */
const SECRETS_QUIET_MS = 2 * SECOND;

const providedElsewhere = <Output, Input>(what: string) =>
  fromPromise<Output, Input>(() =>
    Promise.reject(new Error(`${what} is provided by whoever runs the machine`)),
  );

/** The moment and the dice of whatever is being handled: an event of ours, an actor's outcome, or the creation. */
const stampOf = (context: WorkspaceContext, event: object): Stamp => {
  const { at, roll, output, input } = event as Partial<Stamp & { output: Stamp; input: Stamp }>;
  if (at !== undefined && roll !== undefined) return { at, roll };
  return output ?? input ?? { at: context.deadline?.at ?? context.since, roll: 0.5 };
};

/** Whether everything that is declared is in place. */
const isComplete = ({ failed, error }: ReconcileOutcome): boolean => failed.length === 0 && error === null;

const messageOf = (outcome: ProvisionOutcome | StopOutcome | RollbackOutcome): string =>
  'message' in outcome ? outcome.message : `unexpected outcome ${outcome.kind}`;

/**
 * One workspace: what should be true of it, and what moves it.
 *
 * Pure: every event brings its moment and its dice (`Stamp`), every wait is a moment in `context.deadline`, and
 * every effect is an actor that whoever runs the machine provides. Each invoked effect is an *ensure*: it may run
 * twice, or first thing after a crash, and says in its outcome what went wrong: it does not reject.
 */
export const workspaceMachine = setup({
  types: {
    context: {} as WorkspaceContext,
    events: {} as WorkspaceEvent,
    input: {} as WorkspaceInput,
    tags: {} as WorkspaceTag,
    meta: {} as StateMeta,
    children: {} as {
      provision: 'provision';
      stop: 'stop';
      rollback: 'rollback';
      destroy: 'destroy';
      reconcile: 'reconcile';
    },
  },
  actors: {
    provision: providedElsewhere<ProvisionOutcome, { workspaceId: string; incarnation: number }>('provision'),
    stop: providedElsewhere<StopOutcome, { workspaceId: string; graceMs: number; checkSuccessor: boolean }>(
      'stop',
    ),
    destroy: providedElsewhere<StopOutcome, { workspaceId: string; graceMs: number; purge: boolean }>(
      'destroy',
    ),
    rollback: providedElsewhere<RollbackOutcome, { workspaceId: string; graceMs: number; to: number }>(
      'rollback',
    ),
    reconcile: reconcileMachine,
  },
  guards: {
    isOwned: ({ context }) => context.owned,
    isExternal: ({ context }) => !context.owned,
    isDeadline: ({ event }, name: DeadlineName) =>
      event.type === 'deadline.passed' && event.deadline === name,
    isDeadlineWithRestartOwed: ({ context, event }, name: DeadlineName) =>
      event.type === 'deadline.passed' && event.deadline === name && context.owned && isRestartDue(context),
    isAboutThisIncarnation: ({ context, event }) =>
      event.type === 'instance.exited' && event.incarnation === context.incarnation,
    comesFromLivingAgent: ({ context }) => !context.owned || context.incarnation > context.endedIncarnation,
    exhaustsRestartBudget: ({ context, event }) => exhaustsBudget(context, stampOf(context, event).at),
    owesRestart: ({ context }) => context.owned && isRestartDue(context),
    breaksPluginLoop: ({ context, event }) =>
      context.owned && breaksPluginLoop(context, stampOf(context, event).at),
    isDeadlineOnProbation: ({ context, event }, name: DeadlineName) =>
      event.type === 'deadline.passed' && event.deadline === name && context.owned && isOnProbation(context),
    isFailing: ({ event }) => event.type === 'heartbeat.received' && event.beat === 'failing',
    isWedged: ({ event }) => event.type === 'heartbeat.received' && event.beat === 'wedged',
    hasRecovered: ({ context, event }) =>
      event.type === 'heartbeat.received' &&
      event.beat === 'recovered' &&
      // A clock that was set back says nothing of how long it has been.
      (event.at < context.since || event.at - context.since >= context.policy.degradedForMs),
    needsRestart: ({ event }) => event.type === 'spec.changed' && event.restart,
    isRunning: (_, outcome: ProvisionOutcome) => outcome.kind === 'running',
    isStopped: (_, outcome: StopOutcome) => outcome.kind === 'stopped',
    isRolledBack: (_, outcome: RollbackOutcome) => outcome.kind === 'rolled-back',
    isDeclined: (_, outcome: ProvisionOutcome | StopOutcome | RollbackOutcome) => outcome.kind === 'declined',
    isDeclinedWhileDown: ({ context }, outcome: StopOutcome) =>
      outcome.kind === 'declined' && context.incarnation <= context.endedIncarnation,
    isDeclinedUnheard: ({ context }, outcome: StopOutcome) =>
      outcome.kind === 'declined' && context.heardIncarnation < context.incarnation,
    // Who has asked for a restart gets it, whatever plugins may not cause any more.
    exhaustsPluginRestarts: ({ context }, outcome: ReconcileOutcome) =>
      exhaustsPluginRestarts(context, outcome) && !isRestartDue(context),
    exhaustsPluginRestartsWithWayBack: ({ context }, outcome: ReconcileOutcome) =>
      exhaustsPluginRestarts(context, outcome) &&
      context.plugins.good > 0 &&
      context.plugins.good !== outcome.generation,
    exhaustsPluginRestartsAndLeftSomethingOut: ({ context }, outcome: ReconcileOutcome) =>
      exhaustsPluginRestarts(context, outcome) && !isRestartDue(context) && !isComplete(outcome),
    makesRestartDue: ({ context }, outcome: ReconcileOutcome) =>
      context.owned && (outcome.restartNeeded || isRestartDue(context)),
    leftSomethingOut: (_, outcome: ReconcileOutcome) => !isComplete(outcome),
    mayTryHeldBack: ({ context }, outcome: ReconcileOutcome) => mayTry(withOutcome(context, outcome)),
    awaitsReport: ({ context }, outcome: ReconcileOutcome) => isPending(context, outcome.generation),
    isDelivered: ({ context, event }) =>
      event.type === 'plugins.reported' && event.complete && event.generation === context.plugins.generation,
    isUndelivered: ({ context, event }) =>
      event.type === 'plugins.reported' &&
      !context.owned &&
      !(event.complete && event.generation === context.plugins.generation),
  },
  actions: {
    noteStatus: assign(({ context, event }, status: PublicStatus) => {
      if (context.status === status) return {};
      const { at } = stampOf(context, event);
      return { status, since: at, plugins: withStatus(context.plugins, status, at) };
    }),
    noteReason: assign({ reason: (_, reason: Reason | null) => reason }),
    blameExit: assign(({ event }) =>
      event.type === 'instance.exited' ? { reason: reasons.instanceExited(event.code, event.signal) } : {},
    ),
    blameSilence: assign(({ context, event }) => {
      if (event.type !== 'lease.expired') return {};
      const why = context.owned ? reasons.leaseExpired : reasons.agentSilent;
      return { reason: why(event.lastBeatAt, event.at, event.everyMs) };
    }),
    blameStart: assign({
      reason: (_, outcome: ProvisionOutcome) => reasons.driverFailed(messageOf(outcome)),
    }),
    blameStop: assign({
      reason: (_, outcome: StopOutcome | RollbackOutcome) => reasons.stopFailed(messageOf(outcome)),
    }),

    armDeadline: assign({
      deadline: ({ context, event }, { name, inMs }: { name: DeadlineName; inMs: number }) => ({
        name,
        at: stampOf(context, event).at + inMs,
      }),
    }),
    armStopDeadline: assign({
      deadline: ({ context, event }) => ({
        name: 'stopBy' as const,
        at: stampOf(context, event).at + context.policy.stopGraceMs + STOP_SLACK_MS,
      }),
    }),
    /** Goes on with a deadline armed before the supervisor was away, but leaves the agent a lease to be heard. */
    armProvisionDeadline: assign({
      deadline: ({ context, event }) => {
        const { at } = stampOf(context, event);
        const goesOn = event.type === 'supervisor.resumed' && context.deadline?.name === 'provisionBy';
        const due = goesOn
          ? Math.max(context.deadline?.at ?? at, at + context.policy.offlineAfterMs)
          : at + context.policy.provisionWithinMs;
        return { name: 'provisionBy' as const, at: due };
      },
    }),
    armRestartDeadline: assign({
      deadline: ({ context, event }) =>
        event.type === 'supervisor.resumed' && context.deadline?.name === 'restartAt'
          ? context.deadline
          : { name: 'restartAt' as const, at: stampOf(context, event).at + restartDelay(context) },
    }),
    /** Sooner where new plugins are proved good by then: what is held back may wait for that. */
    armResyncDeadline: assign({
      deadline: ({ context, event }) => {
        const { at, roll } = stampOf(context, event);
        const { resyncEveryMs, resyncJitterMs } = context.policy;
        const due = at + resyncEveryMs + Math.round(roll * resyncJitterMs);
        return { name: 'resyncAt' as const, at: Math.min(due, probationEnd(context) ?? due) };
      },
    }),
    /** Looks at everything again once changes of secrets have come to an end. */
    hastenDeadline: assign({
      deadline: ({ context, event }) =>
        context.deadline === null
          ? null
          : { ...context.deadline, at: stampOf(context, event).at + SECRETS_QUIET_MS },
    }),
    armRetryDeadline: assign({
      deadline: ({ context, event }) => ({
        name: 'retryAt' as const,
        at:
          context.plugins.blocked[0]?.retryAt ??
          retryMoment(context.plugins.attempt, stampOf(context, event), context.policy),
      }),
    }),
    armStopRetry: assign({
      deadline: ({ context, event }) => ({
        name: 'stopBy' as const,
        at: stampOf(context, event).at + STOP_RETRY_MS,
      }),
    }),
    disarmDeadline: assign({ deadline: null }),

    beginIncarnation: assign(({ context }) => ({
      incarnation: context.incarnation + 1,
      reason: reasons.pluginsHeld(context),
      restart: { ...context.restart, served: context.restart.wanted, decline: null },
    })),
    endIncarnation: assign({ endedIncarnation: ({ context }) => context.incarnation }),
    /** The next incarnation starts with the plugins that are in force while none runs. */
    noteLoaded: assign(({ context }, outcome: StopOutcome) =>
      outcome.kind === 'stopped' && outcome.pluginGeneration !== null
        ? { plugins: withGeneration(context.plugins, outcome.pluginGeneration, null) }
        : {},
    ),
    requestRestart: assign(({ context }) => ({
      restart: { ...context.restart, wanted: context.restart.wanted + 1 },
    })),
    /** Whoever runs an external agent restarts it; its next register is taken for the answer. */
    serveRestartElsewhere: assign(({ context }) =>
      context.owned ? {} : { restart: { ...context.restart, served: context.restart.wanted, decline: null } },
    ),
    declineRestart: assign(({ context }, declined: Declined) => {
      const reason = reasons.restartDeclined(declined);
      return { reason, restart: { ...context.restart, decline: { wanted: context.restart.wanted, reason } } };
    }),
    /** The agent is left running with what it has loaded; an operator or a change of the spec asks anew. */
    declinePluginRestart: assign(({ context }) => {
      const reason = reasons.pluginRestartLoop(context);
      return { reason, restart: { ...context.restart, decline: { wanted: context.restart.wanted, reason } } };
    }),
    requestRollback: assign(({ context, event }) =>
      event.type === 'operator.rolledBack'
        ? { plugins: { ...context.plugins, rollback: { to: event.to, by: 'operator' as const } } }
        : { plugins: { ...context.plugins, rollback: { to: context.plugins.good, by: 'breaker' as const } } },
    ),
    noteRollback: assign(({ context }, outcome: RollbackOutcome) => {
      if (outcome.kind !== 'rolled-back') return {};
      const isOwn = context.plugins.rollback?.by === 'breaker';
      return {
        plugins: withRollback(context, outcome),
        crashedAt: isOwn ? [] : context.crashedAt,
      };
    }),
    /** What is in force has to do: nobody blames it any more. A way back that the breaker may not take is none. */
    declineRollback: assign(({ context }, declined: Declined) => {
      const { plugins } = context;
      const isOwn = plugins.rollback?.by === 'breaker';
      return {
        reason: reasons.rollbackDeclined(declined),
        plugins: {
          ...plugins,
          rollback: null,
          probation: null,
          ...(isOwn ? { good: 0 } : { restartedAt: [] }),
        },
      };
    }),
    tryHeldBack: assign({ plugins: ({ context }) => withTrial(context.plugins) }),
    blamePlugins: assign({
      plugins: ({ context, event }) => withPluginCrash(context, stampOf(context, event).at),
    }),
    acquitPlugins: assign({ plugins: ({ context }) => withoutBlame(context.plugins) }),
    releasePlugins: assign(({ context, event }) =>
      event.type === 'operator.released'
        ? {
            plugins: {
              ...context.plugins,
              restartedAt: [],
              suspicion: release(context.plugins.suspicion, event.plugins),
            },
          }
        : {},
    ),
    followReferences: assign(({ context, event }) => {
      if (event.type !== 'operator.updated' && event.type !== 'plugins.outdated') return {};
      const asked = event.plugins;
      const { refresh } = context.plugins;
      const all = asked === 'all' || refresh === 'all';
      const isAsked = event.type === 'operator.updated';
      return {
        plugins: {
          ...context.plugins,
          refresh: all ? ('all' as const) : [...new Set([...(refresh ?? []), ...asked])],
          ...(isAsked ? { attempt: 0, blocked: [], restartedAt: [] } : {}),
        },
      };
    }),
    dismissUpdate: assign(({ context, event }) => {
      if (event.type !== 'operator.dismissed') return {};
      const { plugin, revision } = event;
      const others = context.plugins.dismissed.filter((one) => one.plugin !== plugin);
      const { refresh } = context.plugins;
      return {
        plugins: {
          ...context.plugins,
          dismissed: [...others, { plugin, revision }],
          refresh: refresh === 'all' ? refresh : withoutPlugin(refresh, plugin),
        },
      };
    }),
    noteReport: assign(({ context, event }) => {
      if (event.type !== 'plugins.reported') return {};
      const { generation, complete, installed, problem } = event;
      const { plugins } = context;
      const isAll = complete && generation === plugins.generation;
      const isIn = isAll && plugins.blocked.length === 0 && plugins.suspicion.held.length === 0;
      const standing = context.restart.decline?.reason ?? reasons.pluginsHeld(context);
      const noted = {
        plugins: { ...plugins, installed, reported: complete ? generation : null },
        observedGeneration: isIn ? context.generation : context.observedGeneration,
      };
      // Elsewhere the reason says why it is not online.
      if (context.status !== 'online') return noted;
      return {
        ...noted,
        reason: isAll
          ? plugins.blocked.length > 0
            ? context.reason
            : standing
          : reasons.undelivered(problem),
      };
    }),
    blameDelivery: assign({ reason: reasons.undelivered(null) }),
    countRestart: assign(({ context, event }) => {
      const { at } = stampOf(context, event);
      return { restarts: context.restarts + 1, restartedAt: [...restartsOfDay(context, at), at].slice(-100) };
    }),
    recordCrash: assign({
      crashedAt: ({ context, event }) => withCrash(context, stampOf(context, event).at),
    }),
    resetBudgets: assign(({ context }) => ({
      crashedAt: [],
      plugins: { ...context.plugins, restartedAt: [] },
    })),

    adoptSpec: assign(({ context, event }) =>
      event.type === 'spec.changed'
        ? {
            generation: event.generation,
            policy: event.policy,
            restart: { ...context.restart, wanted: context.restart.wanted + (event.restart ? 1 : 0) },
            plugins: { ...context.plugins, attempt: 0, blocked: [], restartedAt: [] },
          }
        : {},
    ),
    adoptPolicy: assign(({ event }) => (event.type === 'supervisor.resumed' ? { policy: event.policy } : {})),
    openReconcile: assign(({ context, event }) => ({
      heardIncarnation:
        event.type === 'heartbeat.received' || event.type === 'agent.registered'
          ? context.incarnation
          : context.heardIncarnation,
      reconcile: { run: context.reconcile.run + 1, outcome: 'running' as const },
      reason: context.restart.decline?.reason ?? reasons.pluginsHeld(context),
    })),
    /** Runs at every exit; `settleReconcile` and `failReconcile` run after it and know better. */
    supersedeReconcile: assign(({ context }) => ({
      reconcile: { ...context.reconcile, outcome: 'superseded' as const },
    })),
    settleReconcile: assign(({ context }, outcome: ReconcileOutcome) => {
      const complete = isComplete(outcome);
      const attempt = complete ? 0 : context.plugins.attempt + 1;
      const plugins = withOutcome(context, outcome);
      const undelivered = isPending(context, outcome.generation);
      const isIn = complete && !undelivered && plugins.suspicion.held.length === 0;
      const standing = context.restart.decline?.reason ?? reasons.pluginsHeld({ ...context, plugins });
      return {
        reconcile: { ...context.reconcile, outcome: 'settled' as const },
        observedGeneration: isIn ? context.generation : context.observedGeneration,
        restart: { ...context.restart, wanted: context.restart.wanted + (outcome.restartNeeded ? 1 : 0) },
        reason: complete ? standing : reasons.pluginsBlocked(outcome, attempt),
        plugins: {
          ...plugins,
          installed: outcome.error !== null || undelivered ? plugins.installed : outcome.installed,
          attempt,
          blocked: asBlocked(outcome, attempt, retryMoment(attempt, outcome, context.policy)),
          refresh: stillToRefresh(plugins.refresh, outcome),
        },
      };
    }),
    failReconcile: assign(({ context }, reason: Reason) => ({
      reconcile: { ...context.reconcile, outcome: 'failed' as const },
      reason,
      plugins: { ...context.plugins, attempt: context.plugins.attempt + 1, blocked: [] },
    })),
    countPluginRestart: assign(({ context }, outcome: ReconcileOutcome) =>
      outcome.restartNeeded
        ? {
            plugins: {
              ...context.plugins,
              restartedAt: [...pluginRestartsWithin(context, outcome.at), outcome.at],
            },
          }
        : {},
    ),
    refreshPlugins: assign(({ context }) => ({
      plugins: { ...context.plugins, attempt: 0, blocked: [], refresh: 'all' as const },
      restart: { ...context.restart, decline: null },
    })),
    notePurge: assign(({ event }) => (event.type === 'operator.removed' ? { purge: event.purge } : {})),
  },
}).createMachine({
  id: 'workspace',
  description:
    'The home of one agent: started, kept alive, and equipped with exactly the plugins it declared.',
  context: ({ input }) => ({
    workspaceId: input.workspaceId,
    owned: input.owned,
    policy: input.policy,
    generation: input.generation,
    observedGeneration: 0,
    incarnation: 0,
    endedIncarnation: 0,
    heardIncarnation: 0,
    restart: { wanted: 0, served: 0, decline: null },
    status: 'provisioning',
    since: input.at,
    reason: null,
    deadline: null,
    crashedAt: [],
    restarts: 0,
    restartedAt: [],
    reconcile: { run: 0, outcome: null },
    plugins: {
      generation: 0,
      installed: 0,
      blocked: [],
      attempt: 0,
      restartedAt: [],
      refresh: null,
      good: 0,
      probation: null,
      suspicion: NO_SUSPICION,
      rollback: null,
      reported: 0,
      dismissed: [],
    },
    purge: false,
  }),
  initial: 'wanted',
  on: {
    'operator.removed': { description: 'removes it for good', target: '.removing', actions: 'notePurge' },
  },
  states: {
    wanted: {
      description: 'The operator wants its agent to be there.',
      tags: 'renews-lease',
      initial: 'starting',
      on: {
        'supervisor.resumed': { target: '.resume', reenter: true, actions: 'adoptPolicy' },
        'instance.exited': {
          guard: 'isAboutThisIncarnation',
          target: '.offline',
          actions: ['recordCrash', 'blamePlugins', 'endIncarnation', 'blameExit'],
        },
        'operator.paused': {
          description: 'stops it until it is resumed',
          target: 'resting.pausing',
          actions: { type: 'noteReason', params: reasons.byOperator('paused') },
        },
        'operator.hibernated': {
          description: 'lets it sleep until it is woken',
          target: 'resting.hibernating',
          actions: { type: 'noteReason', params: reasons.byOperator('hibernated') },
        },
        'operator.restarted': {
          description: 'restarts it as soon as that is possible',
          actions: ['requestRestart', 'resetBudgets'],
        },
        'operator.rolledBack': {
          description: 'puts earlier plugins in force',
          target: '.rollingBack',
          actions: ['requestRollback', 'resetBudgets'],
        },
        'operator.updated': { description: 'installs newer plugins', actions: 'followReferences' },
        'operator.released': {
          description: 'lets what is held back be installed',
          actions: 'releasePlugins',
        },
        'operator.dismissed': { description: 'hides a newer version', actions: 'dismissUpdate' },
        'plugins.reported': { guard: 'isExternal', actions: 'noteReport' },
        'secrets.changed': { guard: 'isOwned', actions: 'requestRestart' },
        'spec.changed': { actions: 'adoptSpec' },
      },
      states: {
        resume: {
          description: 'Wherever it was when the supervisor went away, entered anew.',
          type: 'history',
          history: 'shallow',
          target: 'starting',
        },
        starting: {
          description: 'Decides who brings the agent: we start an incarnation, or somebody else does.',
          always: [
            { guard: 'isOwned', target: 'provisioning', actions: 'beginIncarnation' },
            { target: 'awaitingAgent', actions: { type: 'noteReason', params: null } },
          ],
        },
        provisioning: {
          description: 'An instance is being started and has not beaten yet.',
          meta: { why: 'It is incarnation {incarnation}.' },
          tags: 'hears-all',
          entry: [{ type: 'noteStatus', params: 'provisioning' }, 'armProvisionDeadline'],
          invoke: {
            id: 'provision',
            src: 'provision',
            input: ({ context: { workspaceId, incarnation } }) => ({ workspaceId, incarnation }),
            onDone: [
              { guard: { type: 'isRunning', params: ({ event }) => event.output } },
              {
                guard: { type: 'isDeclined', params: ({ event }) => event.output },
                target: 'failed',
                actions: [
                  'endIncarnation',
                  {
                    type: 'noteReason',
                    params: ({ event }) => reasons.provisionDeclined(event.output as Declined),
                  },
                ],
              },
              {
                target: 'offline',
                actions: ['recordCrash', { type: 'blameStart', params: ({ event }) => event.output }],
              },
            ],
          },
          on: {
            'heartbeat.received': { target: 'online' },
            'agent.registered': { target: 'online' },
            'deadline.passed': [
              {
                description: 'Without a beat it is stopped and started again',
                guard: { type: 'isDeadlineWithRestartOwed', params: 'provisionBy' },
                target: 'restarting',
              },
              {
                description: 'Without a beat its plugins are rolled back',
                guard: { type: 'isDeadlineOnProbation', params: 'provisionBy' },
                target: 'rollingBack',
                actions: 'requestRollback',
              },
              {
                description: 'Without a beat it fails',
                guard: { type: 'isDeadline', params: 'provisionBy' },
                target: 'failed',
                actions: { type: 'noteReason', params: ({ context }) => reasons.provisionTimeout(context) },
              },
            ],
            'spec.changed': [
              { guard: 'needsRestart', target: 'restarting', actions: 'adoptSpec' },
              { actions: 'adoptSpec' },
            ],
            'secrets.changed': { target: 'restarting', actions: 'requestRestart' },
          },
        },
        awaitingAgent: {
          description: 'Its agent runs elsewhere and has to be heard before anything can happen.',
          tags: 'hears-all',
          entry: [{ type: 'noteStatus', params: 'awaiting_agent' }, 'disarmDeadline'],
          on: {
            'heartbeat.received': { target: 'online' },
            'agent.registered': { target: 'online', actions: 'serveRestartElsewhere' },
          },
        },
        online: {
          description: 'Its agent beats within its lease and does its work.',
          tags: ['hears-trouble', 'leased'],
          entry: [{ type: 'noteStatus', params: 'online' }, 'openReconcile'],
          initial: 'reconciling',
          on: {
            'heartbeat.received': [
              {
                guard: 'isWedged',
                target: 'degraded',
                actions: { type: 'noteReason', params: reasons.wedged() },
              },
              {
                guard: 'isFailing',
                target: 'degraded',
                actions: { type: 'noteReason', params: ({ event }) => reasons.errorRate(event.errorRate) },
              },
            ],
            'agent.registered': { guard: 'isExternal', actions: 'serveRestartElsewhere' },
            'lease.expired': [
              {
                description: 'Without another beat it is taken for offline',
                guard: 'isOwned',
                target: 'offline',
                actions: ['recordCrash', 'blamePlugins', 'blameSilence'],
              },
              {
                description: 'Without another beat its agent is awaited',
                target: 'awaitingAgent',
                actions: 'blameSilence',
              },
            ],
            'spec.changed': { target: 'online', reenter: true, actions: 'adoptSpec' },
            'operator.updated': {
              description: 'installs newer plugins',
              target: 'online',
              reenter: true,
              actions: 'followReferences',
            },
            'operator.released': {
              description: 'lets what is held back be installed',
              target: 'online',
              reenter: true,
              actions: 'releasePlugins',
            },
            'operator.reconciled': {
              description: 'looks at its plugins now',
              target: 'online',
              reenter: true,
              actions: 'refreshPlugins',
            },
          },
          states: {
            reconciling: {
              description: 'Declared and installed plugins are compared, and the difference is closed.',
              entry: {
                type: 'armDeadline',
                params: ({ context }) => ({ name: 'reconcileBy', inMs: context.policy.reconcileWithinMs }),
              },
              exit: 'supersedeReconcile',
              invoke: {
                id: 'reconcile',
                src: 'reconcile',
                input: ({ context, event }) => ({
                  ...stampOf(context, event),
                  workspaceId: context.workspaceId,
                  knownGeneration: context.plugins.generation,
                  refresh: context.plugins.refresh,
                }),
                onDone: [
                  {
                    guard: { type: 'exhaustsPluginRestartsWithWayBack', params: ({ event }) => event.output },
                    target: '#workspace.wanted.rollingBack',
                    actions: [
                      { type: 'settleReconcile', params: ({ event }) => event.output },
                      'requestRollback',
                    ],
                  },
                  {
                    guard: {
                      type: 'exhaustsPluginRestartsAndLeftSomethingOut',
                      params: ({ event }) => event.output,
                    },
                    target: 'blocked',
                    actions: [
                      { type: 'settleReconcile', params: ({ event }) => event.output },
                      'declinePluginRestart',
                    ],
                  },
                  {
                    guard: { type: 'exhaustsPluginRestarts', params: ({ event }) => event.output },
                    target: 'converged',
                    actions: [
                      { type: 'settleReconcile', params: ({ event }) => event.output },
                      'declinePluginRestart',
                    ],
                  },
                  {
                    guard: { type: 'makesRestartDue', params: ({ event }) => event.output },
                    target: '#workspace.wanted.restarting',
                    actions: [
                      { type: 'settleReconcile', params: ({ event }) => event.output },
                      { type: 'countPluginRestart', params: ({ event }) => event.output },
                    ],
                  },
                  {
                    guard: { type: 'mayTryHeldBack', params: ({ event }) => event.output },
                    target: '#workspace.wanted.online',
                    reenter: true,
                    actions: [
                      { type: 'settleReconcile', params: ({ event }) => event.output },
                      'tryHeldBack',
                    ],
                  },
                  {
                    guard: { type: 'leftSomethingOut', params: ({ event }) => event.output },
                    target: 'blocked',
                    actions: { type: 'settleReconcile', params: ({ event }) => event.output },
                  },
                  {
                    guard: { type: 'awaitsReport', params: ({ event }) => event.output },
                    target: 'delivering',
                    actions: [
                      { type: 'settleReconcile', params: ({ event }) => event.output },
                      'blameDelivery',
                    ],
                  },
                  {
                    target: 'converged',
                    actions: { type: 'settleReconcile', params: ({ event }) => event.output },
                  },
                ],
                onError: {
                  target: 'blocked',
                  actions: {
                    type: 'failReconcile',
                    params: ({ event }) => reasons.internalError(String(event.error)),
                  },
                },
              },
              on: {
                'deadline.passed': [
                  {
                    description: 'The reconcile is given up, and it is restarted',
                    guard: { type: 'isDeadlineWithRestartOwed', params: 'reconcileBy' },
                    target: '#workspace.wanted.restarting',
                  },
                  {
                    description: 'The reconcile is given up and tried again later',
                    guard: { type: 'isDeadline', params: 'reconcileBy' },
                    target: 'blocked',
                    actions: {
                      type: 'failReconcile',
                      params: ({ context }) => reasons.reconcileTimeout(context),
                    },
                  },
                ],
              },
            },
            delivering: {
              description: 'Its agent elsewhere has to fetch the plugins and say that it has them.',
              entry: 'armResyncDeadline',
              on: {
                'plugins.reported': [
                  { guard: 'isDelivered', target: 'converged', actions: 'noteReport' },
                  { actions: 'noteReport' },
                ],
                'plugins.outdated': {
                  target: '#workspace.wanted.online',
                  reenter: true,
                  actions: 'followReferences',
                },
                'deadline.passed': {
                  description: 'Its plugins are looked at again',
                  guard: { type: 'isDeadline', params: 'resyncAt' },
                  target: '#workspace.wanted.online',
                  reenter: true,
                },
              },
            },
            converged: {
              description: 'What is installed is what was declared.',
              entry: 'armResyncDeadline',
              on: {
                'plugins.reported': [{ guard: 'isUndelivered', target: 'delivering', actions: 'noteReport' }],
                'plugins.outdated': {
                  target: '#workspace.wanted.online',
                  reenter: true,
                  actions: 'followReferences',
                },
                'secrets.changed': { guard: 'isOwned', actions: ['requestRestart', 'hastenDeadline'] },
                'deadline.passed': {
                  description: 'Its plugins are looked at again',
                  guard: { type: 'isDeadline', params: 'resyncAt' },
                  target: '#workspace.wanted.online',
                  reenter: true,
                },
                'operator.restarted': {
                  description: 'restarts it',
                  guard: 'isOwned',
                  target: '#workspace.wanted.restarting',
                  actions: ['requestRestart', 'resetBudgets'],
                },
              },
            },
            blocked: {
              description: 'Some plugin cannot be put in place now; the others are, and it is tried again.',
              entry: 'armRetryDeadline',
              on: {
                'plugins.outdated': {
                  target: '#workspace.wanted.online',
                  reenter: true,
                  actions: 'followReferences',
                },
                'secrets.changed': { guard: 'isOwned', actions: ['requestRestart', 'hastenDeadline'] },
                'deadline.passed': {
                  description: 'What is missing is tried again',
                  guard: { type: 'isDeadline', params: 'retryAt' },
                  target: '#workspace.wanted.online',
                  reenter: true,
                },
                'operator.retried': {
                  description: 'tries what is missing now',
                  target: '#workspace.wanted.online',
                  reenter: true,
                  actions: ['refreshPlugins', 'resetBudgets'],
                },
                'operator.restarted': {
                  description: 'restarts it',
                  guard: 'isOwned',
                  target: '#workspace.wanted.restarting',
                  actions: ['requestRestart', 'resetBudgets'],
                },
              },
            },
          },
        },
        degraded: {
          description: 'Its agent lives, but says that its work fails or that it is wedged.',
          meta: { why: 'It counts as recovered when less than {recoveredBelow} of its work fails.' },
          tags: ['hears-recovery', 'leased'],
          entry: [{ type: 'noteStatus', params: 'degraded' }, 'disarmDeadline'],
          always: { guard: 'owesRestart', target: 'restarting' },
          on: {
            'heartbeat.received': { guard: 'hasRecovered', target: 'online' },
            'agent.registered': { target: 'online', actions: 'serveRestartElsewhere' },
            'lease.expired': [
              {
                description: 'Without another beat it is taken for offline',
                guard: 'isOwned',
                target: 'offline',
                actions: ['recordCrash', 'blamePlugins', 'blameSilence'],
              },
              {
                description: 'Without another beat its agent is awaited',
                target: 'awaitingAgent',
                actions: 'blameSilence',
              },
            ],
          },
        },
        offline: {
          description: 'Its agent went silent or its process is gone; a restart is due after a pause.',
          meta: {
            why: 'It went down {crashes} within {restartWindow}; the next start is the {try} of {budget} tries.',
          },
          tags: 'hears-all',
          entry: [{ type: 'noteStatus', params: 'offline' }, 'armRestartDeadline'],
          always: [
            { guard: 'breaksPluginLoop', target: 'rollingBack', actions: 'requestRollback' },
            {
              guard: 'exhaustsRestartBudget',
              target: 'failed',
              actions: [
                'acquitPlugins',
                { type: 'noteReason', params: ({ context }) => reasons.crashLoop(context) },
              ],
            },
          ],
          on: {
            'secrets.changed': {
              target: 'restarting',
              actions: ['requestRestart', 'resetBudgets', 'endIncarnation'],
            },
            'heartbeat.received': { guard: 'comesFromLivingAgent', target: 'online' },
            'agent.registered': { guard: 'comesFromLivingAgent', target: 'online' },
            'instance.exited': {
              guard: 'isAboutThisIncarnation',
              actions: ['endIncarnation', 'blameExit'],
            },
            'deadline.passed': {
              description: 'It is restarted',
              guard: { type: 'isDeadline', params: 'restartAt' },
              target: 'restarting',
              actions: 'endIncarnation',
            },
            'spec.changed': {
              target: 'restarting',
              actions: ['adoptSpec', 'resetBudgets', 'endIncarnation'],
            },
            'operator.restarted': {
              description: 'restarts it',
              target: 'restarting',
              actions: ['requestRestart', 'resetBudgets', 'endIncarnation'],
            },
            'operator.retried': {
              description: 'starts it now',
              target: 'restarting',
              actions: ['resetBudgets', 'endIncarnation'],
            },
          },
        },
        restarting: {
          description: 'Its instance is being stopped so that the next one can start.',
          entry: [{ type: 'noteStatus', params: 'provisioning' }, 'armStopDeadline'],
          invoke: {
            id: 'stop',
            src: 'stop',
            input: ({ context: { workspaceId, policy } }) => ({
              workspaceId,
              graceMs: policy.stopGraceMs,
              checkSuccessor: true,
            }),
            onDone: [
              {
                guard: { type: 'isStopped', params: ({ event }) => event.output },
                target: 'starting',
                actions: [
                  'endIncarnation',
                  'countRestart',
                  { type: 'noteLoaded', params: ({ event }) => event.output },
                ],
              },
              {
                guard: { type: 'isDeclinedWhileDown', params: ({ event }) => event.output },
                target: 'failed',
                actions: {
                  type: 'noteReason',
                  params: ({ event }) => reasons.provisionDeclined(event.output as Declined),
                },
              },
              {
                guard: { type: 'isDeclinedUnheard', params: ({ event }) => event.output },
                target: 'provisioning',
                actions: { type: 'declineRestart', params: ({ event }) => event.output as Declined },
              },
              {
                guard: { type: 'isDeclined', params: ({ event }) => event.output },
                target: 'online',
                actions: { type: 'declineRestart', params: ({ event }) => event.output as Declined },
              },
              { actions: [{ type: 'blameStop', params: ({ event }) => event.output }, 'armStopRetry'] },
            ],
          },
          on: {
            'instance.exited': { guard: 'isAboutThisIncarnation', actions: 'endIncarnation' },
            'deadline.passed': {
              description: 'The stop is tried again',
              guard: { type: 'isDeadline', params: 'stopBy' },
              target: 'restarting',
              reenter: true,
            },
          },
        },
        rollingBack: {
          description: 'Its plugins go back to an earlier generation while nothing runs.',
          entry: [{ type: 'noteStatus', params: 'provisioning' }, 'armStopDeadline'],
          invoke: {
            id: 'rollback',
            src: 'rollback',
            input: ({ context: { workspaceId, policy, plugins } }) => ({
              workspaceId,
              graceMs: policy.stopGraceMs,
              to: plugins.rollback?.to ?? plugins.good,
            }),
            onDone: [
              {
                guard: { type: 'isRolledBack', params: ({ event }) => event.output },
                target: 'starting',
                actions: [
                  'endIncarnation',
                  'countRestart',
                  { type: 'noteRollback', params: ({ event }) => event.output },
                ],
              },
              {
                guard: { type: 'isDeclined', params: ({ event }) => event.output },
                target: 'restarting',
                actions: { type: 'declineRollback', params: ({ event }) => event.output as Declined },
              },
              { actions: [{ type: 'blameStop', params: ({ event }) => event.output }, 'armStopRetry'] },
            ],
          },
          on: {
            'instance.exited': { guard: 'isAboutThisIncarnation', actions: 'endIncarnation' },
            'operator.rolledBack': {
              description: 'puts earlier plugins in force',
              target: 'rollingBack',
              reenter: true,
              actions: ['requestRollback', 'resetBudgets'],
            },
            'deadline.passed': {
              description: 'The rollback is tried again',
              guard: { type: 'isDeadline', params: 'stopBy' },
              target: 'rollingBack',
              reenter: true,
            },
          },
        },
        failed: {
          description:
            'It was given up, for the reason shown, until somebody steps in or its agent is heard.',
          tags: 'hears-all',
          entry: [{ type: 'noteStatus', params: 'failed' }, 'disarmDeadline'],
          on: {
            'heartbeat.received': { guard: 'comesFromLivingAgent', target: 'online' },
            'agent.registered': { guard: 'comesFromLivingAgent', target: 'online' },
            'instance.exited': { guard: 'isAboutThisIncarnation', actions: 'endIncarnation' },
            'spec.changed': {
              target: 'restarting',
              actions: ['adoptSpec', 'resetBudgets', 'endIncarnation'],
            },
            'secrets.changed': {
              guard: 'isOwned',
              target: 'restarting',
              actions: ['requestRestart', 'resetBudgets', 'endIncarnation'],
            },
            'operator.restarted': {
              description: 'restarts it',
              target: 'restarting',
              actions: ['requestRestart', 'resetBudgets', 'endIncarnation'],
            },
            'operator.retried': {
              description: 'starts it now',
              target: 'restarting',
              actions: ['resetBudgets', 'endIncarnation'],
            },
          },
        },
      },
    },
    resting: {
      description: 'Its agent is not wanted to run for now.',
      initial: 'paused',
      on: {
        'supervisor.resumed': { target: '.resume', reenter: true, actions: 'adoptPolicy' },
        'spec.changed': { actions: 'adoptSpec' },
        'operator.released': {
          description: 'lets what is held back be installed',
          actions: 'releasePlugins',
        },
        'operator.dismissed': { description: 'hides a newer version', actions: 'dismissUpdate' },
        'instance.exited': { guard: 'isAboutThisIncarnation', actions: 'endIncarnation' },
      },
      states: {
        resume: {
          description: 'Wherever it was when the supervisor went away, entered anew.',
          type: 'history',
          history: 'shallow',
          target: 'paused',
        },
        pausing: {
          description: 'Its instance is being stopped and stays stopped until it is resumed.',
          entry: [{ type: 'noteStatus', params: 'paused' }, 'armStopDeadline'],
          invoke: {
            id: 'stop',
            src: 'stop',
            input: ({ context: { workspaceId, policy } }) => ({
              workspaceId,
              graceMs: policy.stopGraceMs,
              checkSuccessor: false,
            }),
            onDone: [
              {
                guard: { type: 'isStopped', params: ({ event }) => event.output },
                target: 'paused',
                actions: ['endIncarnation', { type: 'noteLoaded', params: ({ event }) => event.output }],
              },
              { actions: [{ type: 'blameStop', params: ({ event }) => event.output }, 'armStopRetry'] },
            ],
          },
          on: {
            'deadline.passed': {
              description: 'The stop is tried again',
              guard: { type: 'isDeadline', params: 'stopBy' },
              target: 'pausing',
              reenter: true,
            },
            'operator.resumed': {
              description: 'starts it',
              target: '#workspace.wanted.starting',
              actions: 'resetBudgets',
            },
          },
        },
        paused: {
          description: 'Stopped until it is resumed; beats change nothing.',
          entry: [{ type: 'noteStatus', params: 'paused' }, 'disarmDeadline'],
          on: {
            'operator.resumed': {
              description: 'starts it',
              target: '#workspace.wanted.starting',
              actions: 'resetBudgets',
            },
          },
        },
        hibernating: {
          description: 'Its instance is being stopped and stays stopped until it is woken.',
          entry: [{ type: 'noteStatus', params: 'hibernating' }, 'armStopDeadline'],
          invoke: {
            id: 'stop',
            src: 'stop',
            input: ({ context: { workspaceId, policy } }) => ({
              workspaceId,
              graceMs: policy.stopGraceMs,
              checkSuccessor: false,
            }),
            onDone: [
              {
                guard: { type: 'isStopped', params: ({ event }) => event.output },
                target: 'hibernated',
                actions: ['endIncarnation', { type: 'noteLoaded', params: ({ event }) => event.output }],
              },
              { actions: [{ type: 'blameStop', params: ({ event }) => event.output }, 'armStopRetry'] },
            ],
          },
          on: {
            'deadline.passed': {
              description: 'The stop is tried again',
              guard: { type: 'isDeadline', params: 'stopBy' },
              target: 'hibernating',
              reenter: true,
            },
            'operator.woke': {
              description: 'starts it',
              target: '#workspace.wanted.starting',
              actions: 'resetBudgets',
            },
          },
        },
        hibernated: {
          description: 'Asleep until it is woken; beats change nothing.',
          entry: [{ type: 'noteStatus', params: 'hibernated' }, 'disarmDeadline'],
          on: {
            'operator.woke': {
              description: 'starts it',
              target: '#workspace.wanted.starting',
              actions: 'resetBudgets',
            },
          },
        },
      },
    },
    removing: {
      description: 'Its instance is being stopped and what was kept for it is being deleted.',
      entry: [
        { type: 'noteStatus', params: 'removed' },
        { type: 'noteReason', params: reasons.byOperator('removed') },
        'armStopDeadline',
      ],
      invoke: {
        id: 'destroy',
        src: 'destroy',
        input: ({ context: { workspaceId, policy, purge } }) => ({
          workspaceId,
          graceMs: policy.stopGraceMs,
          purge,
        }),
        onDone: [
          { guard: { type: 'isStopped', params: ({ event }) => event.output }, target: 'removed' },
          { actions: [{ type: 'blameStop', params: ({ event }) => event.output }, 'armStopRetry'] },
        ],
      },
      on: {
        'supervisor.resumed': { target: 'removing', reenter: true },
        'operator.removed': {},
        'deadline.passed': {
          description: 'The removal is tried again',
          guard: { type: 'isDeadline', params: 'stopBy' },
          target: 'removing',
          reenter: true,
        },
      },
    },
    removed: {
      description: 'Gone for good; only its journal stays.',
      type: 'final',
      entry: 'disarmDeadline',
    },
  },
});
