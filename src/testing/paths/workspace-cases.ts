import type { AnyMachineSnapshot, SnapshotFrom } from 'xstate';
import { leafOf } from '../../../machines/walk.ts';
import { isPending } from '../../../machines/workspace/delivery.ts';
import { DEFAULT_POLICY, type Policy } from '../../../machines/workspace/policy.ts';
import { isOnProbation } from '../../../machines/workspace/probation.ts';
import { isRestartDue } from '../../../machines/workspace/restart-budget.ts';
import type { BeatClass } from '../../../machines/workspace/types.ts';
import type { workspaceMachine } from '../../../machines/workspace/workspace.machine.ts';
import type { Case, GivenOutcome, Start } from './types.ts';

/** Small budgets, so that what exhausts them is near. */
export const WORKSPACE_POLICY: Policy = {
  ...DEFAULT_POLICY,
  restartBudget: 1,
  pluginRestartBudget: 1,
  pluginTries: 2,
  // Time stands still here: what is online has lasted, what is not has not.
  pluginProbationMs: 0,
};

export const BEATS: readonly BeatClass[] = ['healthy', 'recovered', 'failing', 'wedged'];

type Snapshot = SnapshotFrom<typeof workspaceMachine>;

const STAMP = { at: 1_000_000, roll: 0.5 };
const DECLINED = {
  kind: 'declined',
  code: 'COMMAND_NOT_FOUND',
  message: 'There is no such command.',
  hint: 'Add it.',
};
const DRIVER_FAILED = { kind: 'failed', message: 'The driver did not answer.' };
const FAILED = [{ name: 'b', source: 'local://b', code: 'PLUGIN_NOT_FOUND', message: 'It is not there.' }];

const [A, B] = ['a', 'b'].map((name) => ({
  name,
  source: `local://${name}`,
  revision: null,
  treeHash: name.repeat(64),
})) as [object, object];

/** A workspace of ours, and an external one. */
export const WORKSPACE_STARTS: readonly Start[] = [true, false].map((owned) => ({
  title: owned ? 'a workspace of ours' : 'an external workspace',
  input: { workspaceId: 'w', owned, policy: WORKSPACE_POLICY, generation: 1, ...STAMP },
}));

/** What may happen to a workspace in a state: every event that any part of the supervisor could send there. */
export const workspaceCases = (given: AnyMachineSnapshot): Case[] => {
  const snapshot = given as Snapshot;
  const { incarnation, generation, deadline, owned, plugins } = snapshot.context;
  const exit = { incarnation, code: 1, signal: null };
  const change = { generation: generation + 1, policy: WORKSPACE_POLICY };
  return [
    ...BEATS.map((beat) =>
      happens('heartbeat.received', `a ${beat} beat`, { detail: beat, event: { beat, errorRate: 0.7 } }),
    ),
    happens('agent.registered', 'a register'),
    ...(snapshot.hasTag('leased')
      ? [happens('lease.expired', 'silence past the lease', { event: { lastBeatAt: null } })]
      : []),
    ...(deadline === null
      ? []
      : [
          happens('deadline.passed', `${deadline.name} passes`, {
            detail: deadline.name,
            event: { deadline: deadline.name },
          }),
        ]),
    ...(owned
      ? [
          happens('instance.exited', 'its process exits', { detail: 'current', event: exit }),
          happens('instance.exited', 'an earlier process exits', {
            detail: 'earlier',
            event: { ...exit, incarnation: incarnation - 1 },
          }),
        ]
      : []),
    happens('spec.changed', 'plugins are declared', {
      detail: 'plugins',
      event: { ...change, restart: false },
    }),
    happens('spec.changed', 'the command is changed', {
      detail: 'command',
      event: { ...change, restart: true },
    }),
    happens('operator.rolledBack', 'an operator rolled its plugins back', { event: { to: 0 } }),
    happens('operator.updated', 'an operator updated its plugins', { event: { plugins: 'all' } }),
    happens('operator.released', 'an operator released a plugin', { event: { plugins: ['a'] } }),
    happens('operator.dismissed', 'an operator dismissed an update', {
      event: { plugin: 'a', revision: 'r' },
    }),
    happens('plugins.outdated', 'a tracked plugin is outdated', { event: { plugins: ['a'] } }),
    happens('secrets.changed', 'a secret is changed'),
    ...(owned ? [] : [true, false]).map((complete) =>
      happens('plugins.reported', complete ? 'its agent has its plugins' : 'its agent lacks a plugin', {
        detail: complete ? 'complete' : 'incomplete',
        event: { generation: plugins.generation, complete, installed: 1, problem: null },
      }),
    ),
    ...['restarted', 'paused', 'resumed', 'hibernated', 'woke', 'retried', 'reconciled'].map((did) =>
      happens(`operator.${did}`, `an operator ${did} it`),
    ),
    happens('operator.removed', 'an operator removed it', { event: { purge: false } }),
    happens('supervisor.resumed', 'the supervisor is restarted', { event: { policy: WORKSPACE_POLICY } }),
  ];
};

const happens = (
  type: string,
  title: string,
  { detail, event = {} }: { detail?: string; event?: object } = {},
): Case => ({
  event: { ...STAMP, ...event, type },
  title,
  name: detail === undefined ? type : `${type}{${detail}}`,
});

/** What may come of an actor that a workspace invokes. */
export const workspaceOutcomes = (actor: string, given: AnyMachineSnapshot): GivenOutcome[] => {
  const snapshot = given as Snapshot;
  const { generation } = snapshot.context.plugins;
  const settled = (detail: string, title: string, output: object): GivenOutcome => ({
    output: { ...output, ...STAMP },
    title,
    name: `${actor}.settled{${detail}}`,
  });
  switch (actor) {
    case 'provision':
      return [
        settled('running', 'its process is started', { kind: 'running', adopted: false }),
        settled('declined', 'its start is declined', DECLINED),
        settled('failed', 'its start fails', DRIVER_FAILED),
      ];
    case 'reconcile':
      return reconcileOutcomes(generation);
    case 'rollback': {
      const back = { kind: 'rolled-back', generation: generation + 1 };
      return [
        settled('one', 'the rollback takes one plugin away', { ...back, changed: [A] }),
        settled('two', 'the rollback takes two plugins away', { ...back, changed: [A, B] }),
        settled('declined', 'there is no way back', DECLINED),
        settled('failed', 'rollback fails', DRIVER_FAILED),
      ];
    }
    default:
      return [
        settled('stopped', `${actor} is done`, { kind: 'stopped', pluginGeneration: generation }),
        ...(leafOf(snapshot.value) === 'wanted.restarting'
          ? [settled('declined', 'the next start is declined', DECLINED)]
          : []),
        settled('failed', `${actor} fails`, DRIVER_FAILED),
      ];
  }
};

const reconcileOutcomes = (generation: number): GivenOutcome[] => {
  const settled = (detail: string, title: string, output: object): GivenOutcome => ({
    output: {
      ...STAMP,
      changed: [],
      failed: [],
      error: null,
      restartNeeded: false,
      generation,
      installed: 1,
      ...output,
    },
    title,
    name: `reconcile.settled{${detail}}`,
  });
  const installed = { generation: generation + 1, changed: ['a'] };
  return [
    settled('nothing', 'reconcile finds nothing to do', {}),
    settled('changed,restart', 'reconcile installs plugins', { ...installed, restartNeeded: true }),
    settled('changed', 'reconcile installs a text', installed),
    settled('failed', 'reconcile leaves one out', { failed: FAILED }),
    settled('changed,restart,failed', 'reconcile installs some and leaves one out', {
      ...installed,
      restartNeeded: true,
      failed: FAILED,
    }),
    settled('error', 'reconcile cannot be carried out', {
      error: { code: 'INTERNAL', message: 'The disk is full.' },
    }),
    { error: new Error('broken'), title: 'the reconcile itself breaks', name: 'reconcile.failed' },
  ];
};

/**
 * What tells two states of a workspace apart: the leaf, and what guards look at. While plugins are suspected, what has
 * nothing to do with them is left out: it is walked where nothing is suspected.
 */
export const workspaceKey = (given: AnyMachineSnapshot): string => {
  const { value, context } = given as Snapshot;
  const { suspicion, restartedAt, attempt, good } = context.plugins;
  const suspected = [
    isOnProbation(context) ? 'on probation' : '',
    suspicion.trial.length > 0 ? 'on trial' : '',
    suspicion.groups.length > 0 ? 'to try' : '',
    suspicion.held.length > 0 ? 'held back' : '',
  ].filter((word) => word !== '');
  return [
    leafOf(value),
    context.owned ? 'owned' : 'external',
    context.endedIncarnation >= context.incarnation ? 'ended' : 'alive',
    isRestartDue(context) ? 'restart due' : '',
    `plugin restarts ${Math.min(restartedAt.length, 2)}`,
    ...(suspected.length > 0
      ? suspected
      : [
          context.restart.decline === null ? '' : 'declined',
          `crashes ${Math.min(context.crashedAt.length, 2)}`,
          `attempt ${Math.min(attempt, 1)}`,
          good > 0 ? 'has a good one' : '',
          isPending(context) ? 'pending' : '',
        ]),
  ].join(' | ');
};

/** Everything that `generatePaths` needs to know of a workspace. */
export const WORKSPACE_WORLD = {
  starts: WORKSPACE_STARTS,
  cases: workspaceCases,
  outcomes: workspaceOutcomes,
  key: workspaceKey,
};
