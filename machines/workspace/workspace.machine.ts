import { assign, fromPromise, setup } from 'xstate';
import type { ReconcileOutcome } from '../reconcile/outcome.ts';
import { reconcileMachine } from '../reconcile/reconcile.machine.ts';
import { SECOND, type Stamp } from '../time.ts';
import type { HearingTag } from './beat.ts';
import { asBlocked, retryMoment } from './plugin-retry.ts';
import { reasons } from './reasons.ts';
import {
  exhaustsBudget,
  exhaustsPluginRestarts,
  isRestartDue,
  pluginRestartsWithin,
  restartDelay,
  withCrash,
} from './restart-budget.ts';
import type {
  DeadlineName,
  Declined,
  ProvisionOutcome,
  PublicStatus,
  Reason,
  StopOutcome,
  WorkspaceContext,
  WorkspaceEvent,
  WorkspaceInput,
} from './types.ts';

/** Raised whenever a stored snapshot needs a migration to be understood by this machine. */
export const WORKSPACE_MACHINE_VERSION = 1;

/** `leased`: silence is judged. `renews-lease`: a beat is taken note of. */
export type WorkspaceTag = HearingTag | 'leased' | 'renews-lease';

/** How long after a driver's error a stop is tried again, and how long one may take beyond its grace. */
const STOP_RETRY_MS = 10 * SECOND;
const STOP_SLACK_MS = 30 * SECOND;

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

const messageOf = (outcome: ProvisionOutcome | StopOutcome): string =>
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
    children: {} as { provision: 'provision'; stop: 'stop'; destroy: 'destroy'; reconcile: 'reconcile' },
  },
  actors: {
    provision: providedElsewhere<ProvisionOutcome, { workspaceId: string; incarnation: number }>('provision'),
    stop: providedElsewhere<StopOutcome, { workspaceId: string; graceMs: number; checkSuccessor: boolean }>(
      'stop',
    ),
    destroy: providedElsewhere<StopOutcome, { workspaceId: string; graceMs: number; purge: boolean }>(
      'destroy',
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
    isFailing: ({ event }) => event.type === 'heartbeat.received' && event.beat === 'failing',
    isWedged: ({ event }) => event.type === 'heartbeat.received' && event.beat === 'wedged',
    hasRecovered: ({ context, event }) =>
      event.type === 'heartbeat.received' &&
      event.beat === 'recovered' &&
      event.at - context.since >= context.policy.degradedForMs,
    needsRestart: ({ event }) => event.type === 'spec.changed' && event.restart,
    isRunning: (_, outcome: ProvisionOutcome) => outcome.kind === 'running',
    isStopped: (_, outcome: StopOutcome) => outcome.kind === 'stopped',
    isDeclined: (_, outcome: ProvisionOutcome | StopOutcome) => outcome.kind === 'declined',
    isDeclinedWhileDown: ({ context }, outcome: StopOutcome) =>
      outcome.kind === 'declined' && context.incarnation <= context.endedIncarnation,
    isDeclinedUnheard: ({ context }, outcome: StopOutcome) =>
      outcome.kind === 'declined' && context.heardIncarnation < context.incarnation,
    exhaustsPluginRestarts: ({ context }, outcome: ReconcileOutcome) =>
      exhaustsPluginRestarts(context, outcome),
    exhaustsPluginRestartsAndLeftSomethingOut: ({ context }, outcome: ReconcileOutcome) =>
      exhaustsPluginRestarts(context, outcome) && !isComplete(outcome),
    makesRestartDue: ({ context }, outcome: ReconcileOutcome) =>
      context.owned && (outcome.restartNeeded || isRestartDue(context)),
    leftSomethingOut: (_, outcome: ReconcileOutcome) => !isComplete(outcome),
  },
  actions: {
    noteStatus: assign(({ context, event }, status: PublicStatus) =>
      context.status === status ? {} : { status, since: stampOf(context, event).at },
    ),
    noteReason: assign({ reason: (_, reason: Reason | null) => reason }),
    blameExit: assign(({ event }) =>
      event.type === 'instance.exited' ? { reason: reasons.instanceExited(event.code, event.signal) } : {},
    ),
    blameSilence: assign(({ context, event }) => {
      if (event.type !== 'lease.expired') return {};
      const why = context.owned ? reasons.leaseExpired : reasons.agentSilent;
      return { reason: why(event.lastBeatAt, event.at) };
    }),
    blameStart: assign({
      reason: (_, outcome: ProvisionOutcome) => reasons.driverFailed(messageOf(outcome)),
    }),
    blameStop: assign({ reason: (_, outcome: StopOutcome) => reasons.stopFailed(messageOf(outcome)) }),

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
    armResyncDeadline: assign({
      deadline: ({ context, event }) => {
        const { at, roll } = stampOf(context, event);
        const { resyncEveryMs, resyncJitterMs } = context.policy;
        return { name: 'resyncAt' as const, at: at + resyncEveryMs + Math.round(roll * resyncJitterMs) };
      },
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
      reason: null,
      restart: { ...context.restart, served: context.restart.wanted, decline: null },
    })),
    endIncarnation: assign({ endedIncarnation: ({ context }) => context.incarnation }),
    /** The next incarnation starts with the plugins that are in force while none runs. */
    noteLoaded: assign(({ context }, outcome: StopOutcome) =>
      outcome.kind === 'stopped' && outcome.pluginGeneration !== null
        ? { plugins: { ...context.plugins, generation: outcome.pluginGeneration } }
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
    countRestart: assign({ restarts: ({ context }) => context.restarts + 1 }),
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
      reason: context.restart.decline?.reason ?? null,
    })),
    /** Runs at every exit; `settleReconcile` and `failReconcile` run after it and know better. */
    supersedeReconcile: assign(({ context }) => ({
      reconcile: { ...context.reconcile, outcome: 'superseded' as const },
    })),
    settleReconcile: assign(({ context }, outcome: ReconcileOutcome) => {
      const complete = isComplete(outcome);
      const attempt = complete ? 0 : context.plugins.attempt + 1;
      return {
        reconcile: { ...context.reconcile, outcome: 'settled' as const },
        observedGeneration: complete ? context.generation : context.observedGeneration,
        restart: { ...context.restart, wanted: context.restart.wanted + (outcome.restartNeeded ? 1 : 0) },
        reason: complete ? context.reason : reasons.pluginsBlocked(outcome, attempt),
        plugins: {
          ...context.plugins,
          generation: outcome.generation,
          installed: outcome.error === null ? outcome.installed : context.plugins.installed,
          attempt,
          blocked: asBlocked(outcome, attempt, retryMoment(attempt, outcome, context.policy)),
          refresh: false,
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
      plugins: { ...context.plugins, attempt: 0, blocked: [], refresh: true },
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
    reconcile: { run: 0, outcome: null },
    plugins: { generation: 0, installed: 0, blocked: [], attempt: 0, restartedAt: [], refresh: false },
    purge: false,
  }),
  initial: 'wanted',
  on: {
    'operator.removed': { target: '.removing', actions: 'notePurge' },
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
          actions: ['recordCrash', 'endIncarnation', 'blameExit'],
        },
        'operator.paused': {
          target: 'resting.pausing',
          actions: { type: 'noteReason', params: reasons.byOperator('paused') },
        },
        'operator.hibernated': {
          target: 'resting.hibernating',
          actions: { type: 'noteReason', params: reasons.byOperator('hibernated') },
        },
        'operator.restarted': { actions: ['requestRestart', 'resetBudgets'] },
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
              { guard: { type: 'isDeadlineWithRestartOwed', params: 'provisionBy' }, target: 'restarting' },
              {
                guard: { type: 'isDeadline', params: 'provisionBy' },
                target: 'failed',
                actions: { type: 'noteReason', params: ({ context }) => reasons.provisionTimeout(context) },
              },
            ],
            'spec.changed': [
              { guard: 'needsRestart', target: 'restarting', actions: 'adoptSpec' },
              { actions: 'adoptSpec' },
            ],
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
              { guard: 'isOwned', target: 'offline', actions: ['recordCrash', 'blameSilence'] },
              { target: 'awaitingAgent', actions: 'blameSilence' },
            ],
            'spec.changed': { target: 'online', reenter: true, actions: 'adoptSpec' },
            'operator.reconciled': { target: 'online', reenter: true, actions: 'refreshPlugins' },
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
                    guard: { type: 'leftSomethingOut', params: ({ event }) => event.output },
                    target: 'blocked',
                    actions: { type: 'settleReconcile', params: ({ event }) => event.output },
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
                    guard: { type: 'isDeadlineWithRestartOwed', params: 'reconcileBy' },
                    target: '#workspace.wanted.restarting',
                  },
                  {
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
            converged: {
              description: 'What is installed is what was declared.',
              entry: 'armResyncDeadline',
              on: {
                'deadline.passed': {
                  guard: { type: 'isDeadline', params: 'resyncAt' },
                  target: '#workspace.wanted.online',
                  reenter: true,
                },
                'operator.restarted': {
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
                'deadline.passed': {
                  guard: { type: 'isDeadline', params: 'retryAt' },
                  target: '#workspace.wanted.online',
                  reenter: true,
                },
                'operator.retried': {
                  target: '#workspace.wanted.online',
                  reenter: true,
                  actions: ['refreshPlugins', 'resetBudgets'],
                },
                'operator.restarted': {
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
          tags: ['hears-recovery', 'leased'],
          entry: [{ type: 'noteStatus', params: 'degraded' }, 'disarmDeadline'],
          always: { guard: 'owesRestart', target: 'restarting' },
          on: {
            'heartbeat.received': { guard: 'hasRecovered', target: 'online' },
            'agent.registered': { target: 'online', actions: 'serveRestartElsewhere' },
            'lease.expired': [
              { guard: 'isOwned', target: 'offline', actions: ['recordCrash', 'blameSilence'] },
              { target: 'awaitingAgent', actions: 'blameSilence' },
            ],
          },
        },
        offline: {
          description: 'Its agent went silent or its process is gone; a restart is due after a pause.',
          tags: 'hears-all',
          entry: [{ type: 'noteStatus', params: 'offline' }, 'armRestartDeadline'],
          always: {
            guard: 'exhaustsRestartBudget',
            target: 'failed',
            actions: { type: 'noteReason', params: ({ context }) => reasons.crashLoop(context) },
          },
          on: {
            'heartbeat.received': { guard: 'comesFromLivingAgent', target: 'online' },
            'agent.registered': { guard: 'comesFromLivingAgent', target: 'online' },
            'instance.exited': {
              guard: 'isAboutThisIncarnation',
              actions: ['endIncarnation', 'blameExit'],
            },
            'deadline.passed': {
              guard: { type: 'isDeadline', params: 'restartAt' },
              target: 'restarting',
              actions: 'endIncarnation',
            },
            'spec.changed': {
              target: 'restarting',
              actions: ['adoptSpec', 'resetBudgets', 'endIncarnation'],
            },
            'operator.restarted': {
              target: 'restarting',
              actions: ['requestRestart', 'resetBudgets', 'endIncarnation'],
            },
            'operator.retried': { target: 'restarting', actions: ['resetBudgets', 'endIncarnation'] },
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
              guard: { type: 'isDeadline', params: 'stopBy' },
              target: 'restarting',
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
            'operator.restarted': {
              target: 'restarting',
              actions: ['requestRestart', 'resetBudgets', 'endIncarnation'],
            },
            'operator.retried': { target: 'restarting', actions: ['resetBudgets', 'endIncarnation'] },
          },
        },
      },
    },
    resting: {
      description: 'The operator wants its agent not to run for now.',
      initial: 'paused',
      on: {
        'supervisor.resumed': { target: '.resume', reenter: true, actions: 'adoptPolicy' },
        'spec.changed': { actions: 'adoptSpec' },
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
              guard: { type: 'isDeadline', params: 'stopBy' },
              target: 'pausing',
              reenter: true,
            },
            'operator.resumed': { target: '#workspace.wanted.starting', actions: 'resetBudgets' },
          },
        },
        paused: {
          description: 'Stopped by an operator; beats change nothing.',
          entry: [{ type: 'noteStatus', params: 'paused' }, 'disarmDeadline'],
          on: {
            'operator.resumed': { target: '#workspace.wanted.starting', actions: 'resetBudgets' },
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
              guard: { type: 'isDeadline', params: 'stopBy' },
              target: 'hibernating',
              reenter: true,
            },
            'operator.woke': { target: '#workspace.wanted.starting', actions: 'resetBudgets' },
          },
        },
        hibernated: {
          description: 'Asleep until it is woken; beats change nothing.',
          entry: [{ type: 'noteStatus', params: 'hibernated' }, 'disarmDeadline'],
          on: {
            'operator.woke': { target: '#workspace.wanted.starting', actions: 'resetBudgets' },
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
