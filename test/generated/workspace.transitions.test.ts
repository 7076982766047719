// Written by `keepwell machine paths`: what is changed here is lost when it is written again.
import { existsSync } from 'node:fs';
import { createFollow, machineSystem, type System, type WrittenCases } from 'keepwell/testing';
import { describe, it } from 'vitest';
import { workspaceMachine } from 'keepwell/machines/workspace';

/** The system under test: `createSystem` of system.ts beside this file. The machine itself while there is none. */
const own = new URL('./system.ts', import.meta.url);
const { createSystem }: { createSystem: () => System } = existsSync(own)
  ? await import(own.href)
  : { createSystem: () => machineSystem(workspaceMachine) };

/** Where the paths begin: the machine's input. */
const fromAWorkspaceOfOurs = {
  workspaceId: 'w',
  owned: true,
  policy: {
    offlineAfterMs: 180000,
    provisionWithinMs: 720000,
    degradedForMs: 0,
    degradedAt: 0.5,
    recoveredBelow: 0.1,
    restartBudget: 1,
    restartWindowMs: 1800000,
    restartBackoffMs: 10000,
    restartBackoffMaxMs: 300000,
    healthyAfterMs: 600000,
    stopGraceMs: 10000,
    resyncEveryMs: 120000,
    resyncJitterMs: 60000,
    reconcileWithinMs: 600000,
    pluginTries: 2,
    pluginBackoffMs: 1000,
    pluginBackoffMaxMs: 300000,
    pluginRetrySlowMs: 1800000,
    pluginRestartBudget: 1,
    pluginRestartWindowMs: 600000,
    pluginProbationMs: 0,
  },
  generation: 1,
  at: 1000000,
  roll: 0.5,
};
const fromAnExternalWorkspace = {
  workspaceId: 'w',
  owned: false,
  policy: {
    offlineAfterMs: 180000,
    provisionWithinMs: 720000,
    degradedForMs: 0,
    degradedAt: 0.5,
    recoveredBelow: 0.1,
    restartBudget: 1,
    restartWindowMs: 1800000,
    restartBackoffMs: 10000,
    restartBackoffMaxMs: 300000,
    healthyAfterMs: 600000,
    stopGraceMs: 10000,
    resyncEveryMs: 120000,
    resyncJitterMs: 60000,
    reconcileWithinMs: 600000,
    pluginTries: 2,
    pluginBackoffMs: 1000,
    pluginBackoffMaxMs: 300000,
    pluginRetrySlowMs: 1800000,
    pluginRestartBudget: 1,
    pluginRestartWindowMs: 600000,
    pluginProbationMs: 0,
  },
  generation: 1,
  at: 1000000,
  roll: 0.5,
};

/** What happens on the paths. */
const cases: WrittenCases = {
  'a register': { name: 'agent.registered', event: { at: 1000000, roll: 0.5, type: 'agent.registered' } },
  'plugins are declared': {
    name: 'spec.changed{plugins}',
    event: {
      at: 1000000,
      roll: 0.5,
      generation: 2,
      policy: {
        offlineAfterMs: 180000,
        provisionWithinMs: 720000,
        degradedForMs: 0,
        degradedAt: 0.5,
        recoveredBelow: 0.1,
        restartBudget: 1,
        restartWindowMs: 1800000,
        restartBackoffMs: 10000,
        restartBackoffMaxMs: 300000,
        healthyAfterMs: 600000,
        stopGraceMs: 10000,
        resyncEveryMs: 120000,
        resyncJitterMs: 60000,
        reconcileWithinMs: 600000,
        pluginTries: 2,
        pluginBackoffMs: 1000,
        pluginBackoffMaxMs: 300000,
        pluginRetrySlowMs: 1800000,
        pluginRestartBudget: 1,
        pluginRestartWindowMs: 600000,
        pluginProbationMs: 0,
      },
      restart: false,
      type: 'spec.changed',
    },
  },
  'an operator updated its plugins': { name: 'operator.updated', event: { at: 1000000, roll: 0.5, plugins: 'all', type: 'operator.updated' } },
  'an operator released a plugin': {
    name: 'operator.released',
    event: { at: 1000000, roll: 0.5, plugins: ['a'], type: 'operator.released' },
  },
  'an operator dismissed an update': {
    name: 'operator.dismissed',
    event: { at: 1000000, roll: 0.5, plugin: 'a', revision: 'r', type: 'operator.dismissed' },
  },
  'a secret is changed': { name: 'secrets.changed', event: { at: 1000000, roll: 0.5, type: 'secrets.changed' } },
  'the supervisor is restarted': {
    name: 'supervisor.resumed',
    event: {
      at: 1000000,
      roll: 0.5,
      policy: {
        offlineAfterMs: 180000,
        provisionWithinMs: 720000,
        degradedForMs: 0,
        degradedAt: 0.5,
        recoveredBelow: 0.1,
        restartBudget: 1,
        restartWindowMs: 1800000,
        restartBackoffMs: 10000,
        restartBackoffMaxMs: 300000,
        healthyAfterMs: 600000,
        stopGraceMs: 10000,
        resyncEveryMs: 120000,
        resyncJitterMs: 60000,
        reconcileWithinMs: 600000,
        pluginTries: 2,
        pluginBackoffMs: 1000,
        pluginBackoffMaxMs: 300000,
        pluginRetrySlowMs: 1800000,
        pluginRestartBudget: 1,
        pluginRestartWindowMs: 600000,
        pluginProbationMs: 0,
      },
      type: 'supervisor.resumed',
    },
  },
  'its start is declined': {
    name: 'provision.settled{declined}',
    event: {
      type: 'xstate.done.actor.provision',
      actorId: 'provision',
      output: {
        kind: 'declined',
        code: 'COMMAND_NOT_FOUND',
        message: 'There is no such command.',
        hint: 'Add it.',
        at: 1000000,
        roll: 0.5,
      },
    },
  },
  'its agent has its plugins': {
    name: 'plugins.reported{complete}',
    event: {
      at: 1000000,
      roll: 0.5,
      generation: 0,
      complete: true,
      installed: 1,
      problem: null,
      type: 'plugins.reported',
    },
  },
  'a healthy beat': {
    name: 'heartbeat.received{healthy}',
    event: { at: 1000000, roll: 0.5, beat: 'healthy', errorRate: 0.7, type: 'heartbeat.received' },
  },
  'a wedged beat': {
    name: 'heartbeat.received{wedged}',
    event: { at: 1000000, roll: 0.5, beat: 'wedged', errorRate: 0.7, type: 'heartbeat.received' },
  },
  'silence past the lease': { name: 'lease.expired', event: { at: 1000000, roll: 0.5, lastBeatAt: null, type: 'lease.expired' } },
  'an operator reconciled it': { name: 'operator.reconciled', event: { at: 1000000, roll: 0.5, type: 'operator.reconciled' } },
  'reconcile leaves one out': {
    name: 'reconcile.settled{failed}',
    event: {
      type: 'xstate.done.actor.reconcile',
      actorId: 'reconcile',
      output: {
        at: 1000000,
        roll: 0.5,
        changed: [],
        failed: [{ name: 'b', source: 'local://b', code: 'PLUGIN_NOT_FOUND', message: 'It is not there.' }],
        error: null,
        restartNeeded: false,
        generation: 0,
        installed: 1,
      },
    },
  },
  'the reconcile itself breaks': {
    name: 'reconcile.failed',
    event: { type: 'xstate.error.actor.reconcile', actorId: 'reconcile', error: new Error('broken') },
  },
  'provisionBy passes': {
    name: 'deadline.passed{provisionBy}',
    event: { at: 1000000, roll: 0.5, deadline: 'provisionBy', type: 'deadline.passed' },
  },
  'its process exits': {
    name: 'instance.exited{current}',
    event: { at: 1000000, roll: 0.5, incarnation: 1, code: 1, signal: null, type: 'instance.exited' },
  },
  'an operator restarted it': { name: 'operator.restarted', event: { at: 1000000, roll: 0.5, type: 'operator.restarted' } },
  'an operator retried it': { name: 'operator.retried', event: { at: 1000000, roll: 0.5, type: 'operator.retried' } },
  'restartAt passes': {
    name: 'deadline.passed{restartAt}',
    event: { at: 1000000, roll: 0.5, deadline: 'restartAt', type: 'deadline.passed' },
  },
  'the command is changed': {
    name: 'spec.changed{command}',
    event: {
      at: 1000000,
      roll: 0.5,
      generation: 2,
      policy: {
        offlineAfterMs: 180000,
        provisionWithinMs: 720000,
        degradedForMs: 0,
        degradedAt: 0.5,
        recoveredBelow: 0.1,
        restartBudget: 1,
        restartWindowMs: 1800000,
        restartBackoffMs: 10000,
        restartBackoffMaxMs: 300000,
        healthyAfterMs: 600000,
        stopGraceMs: 10000,
        resyncEveryMs: 120000,
        resyncJitterMs: 60000,
        reconcileWithinMs: 600000,
        pluginTries: 2,
        pluginBackoffMs: 1000,
        pluginBackoffMaxMs: 300000,
        pluginRetrySlowMs: 1800000,
        pluginRestartBudget: 1,
        pluginRestartWindowMs: 600000,
        pluginProbationMs: 0,
      },
      restart: true,
      type: 'spec.changed',
    },
  },
  'stopBy passes': {
    name: 'deadline.passed{stopBy}',
    event: { at: 1000000, roll: 0.5, deadline: 'stopBy', type: 'deadline.passed' },
  },
  'stop is done': {
    name: 'stop.settled{stopped}',
    event: {
      type: 'xstate.done.actor.stop',
      actorId: 'stop',
      output: { kind: 'stopped', pluginGeneration: 0, at: 1000000, roll: 0.5 },
    },
  },
  'the next start is declined': {
    name: 'stop.settled{declined}',
    event: {
      type: 'xstate.done.actor.stop',
      actorId: 'stop',
      output: {
        kind: 'declined',
        code: 'COMMAND_NOT_FOUND',
        message: 'There is no such command.',
        hint: 'Add it.',
        at: 1000000,
        roll: 0.5,
      },
    },
  },
  'stop fails': {
    name: 'stop.settled{failed}',
    event: {
      type: 'xstate.done.actor.stop',
      actorId: 'stop',
      output: { kind: 'failed', message: 'The driver did not answer.', at: 1000000, roll: 0.5 },
    },
  },
  'an operator rolled its plugins back': { name: 'operator.rolledBack', event: { at: 1000000, roll: 0.5, to: 0, type: 'operator.rolledBack' } },
  'the rollback takes one plugin away': {
    name: 'rollback.settled{one}',
    event: {
      type: 'xstate.done.actor.rollback',
      actorId: 'rollback',
      output: {
        kind: 'rolled-back',
        generation: 1,
        changed: [
          {
            name: 'a',
            source: 'local://a',
            revision: null,
            treeHash: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
          },
        ],
        at: 1000000,
        roll: 0.5,
      },
    },
  },
  'there is no way back': {
    name: 'rollback.settled{declined}',
    event: {
      type: 'xstate.done.actor.rollback',
      actorId: 'rollback',
      output: {
        kind: 'declined',
        code: 'COMMAND_NOT_FOUND',
        message: 'There is no such command.',
        hint: 'Add it.',
        at: 1000000,
        roll: 0.5,
      },
    },
  },
  'rollback fails': {
    name: 'rollback.settled{failed}',
    event: {
      type: 'xstate.done.actor.rollback',
      actorId: 'rollback',
      output: { kind: 'failed', message: 'The driver did not answer.', at: 1000000, roll: 0.5 },
    },
  },
  'an operator paused it': { name: 'operator.paused', event: { at: 1000000, roll: 0.5, type: 'operator.paused' } },
  'an operator resumed it': { name: 'operator.resumed', event: { at: 1000000, roll: 0.5, type: 'operator.resumed' } },
  'an operator hibernated it': { name: 'operator.hibernated', event: { at: 1000000, roll: 0.5, type: 'operator.hibernated' } },
  'an operator woke it': { name: 'operator.woke', event: { at: 1000000, roll: 0.5, type: 'operator.woke' } },
  'an operator removed it': { name: 'operator.removed', event: { at: 1000000, roll: 0.5, purge: false, type: 'operator.removed' } },
  'destroy is done': {
    name: 'destroy.settled{stopped}',
    event: {
      type: 'xstate.done.actor.destroy',
      actorId: 'destroy',
      output: { kind: 'stopped', pluginGeneration: 0, at: 1000000, roll: 0.5 },
    },
  },
  'destroy fails': {
    name: 'destroy.settled{failed}',
    event: {
      type: 'xstate.done.actor.destroy',
      actorId: 'destroy',
      output: { kind: 'failed', message: 'The driver did not answer.', at: 1000000, roll: 0.5 },
    },
  },
  'its start fails': {
    name: 'provision.settled{failed}',
    event: {
      type: 'xstate.done.actor.provision',
      actorId: 'provision',
      output: { kind: 'failed', message: 'The driver did not answer.', at: 1000000, roll: 0.5 },
    },
  },
  'a failing beat': {
    name: 'heartbeat.received{failing}',
    event: { at: 1000000, roll: 0.5, beat: 'failing', errorRate: 0.7, type: 'heartbeat.received' },
  },
  'a recovered beat': {
    name: 'heartbeat.received{recovered}',
    event: { at: 1000000, roll: 0.5, beat: 'recovered', errorRate: 0.7, type: 'heartbeat.received' },
  },
  'reconcileBy passes': {
    name: 'deadline.passed{reconcileBy}',
    event: { at: 1000000, roll: 0.5, deadline: 'reconcileBy', type: 'deadline.passed' },
  },
  'retryAt passes': {
    name: 'deadline.passed{retryAt}',
    event: { at: 1000000, roll: 0.5, deadline: 'retryAt', type: 'deadline.passed' },
  },
  'a tracked plugin is outdated': { name: 'plugins.outdated', event: { at: 1000000, roll: 0.5, plugins: ['a'], type: 'plugins.outdated' } },
  'reconcile finds nothing to do': {
    name: 'reconcile.settled{nothing}',
    event: {
      type: 'xstate.done.actor.reconcile',
      actorId: 'reconcile',
      output: {
        at: 1000000,
        roll: 0.5,
        changed: [],
        failed: [],
        error: null,
        restartNeeded: false,
        generation: 0,
        installed: 1,
      },
    },
  },
  'resyncAt passes': {
    name: 'deadline.passed{resyncAt}',
    event: { at: 1000000, roll: 0.5, deadline: 'resyncAt', type: 'deadline.passed' },
  },
  'its agent lacks a plugin': {
    name: 'plugins.reported{incomplete}',
    event: {
      at: 1000000,
      roll: 0.5,
      generation: 0,
      complete: false,
      installed: 1,
      problem: null,
      type: 'plugins.reported',
    },
  },
  'reconcile installs plugins': {
    name: 'reconcile.settled{changed,restart}',
    event: {
      type: 'xstate.done.actor.reconcile',
      actorId: 'reconcile',
      output: {
        at: 1000000,
        roll: 0.5,
        changed: ['a'],
        failed: [],
        error: null,
        restartNeeded: true,
        generation: 1,
        installed: 1,
      },
    },
  },
  'its agent has its plugins (2)': {
    name: 'plugins.reported{complete}',
    event: {
      at: 1000000,
      roll: 0.5,
      generation: 1,
      complete: true,
      installed: 1,
      problem: null,
      type: 'plugins.reported',
    },
  },
  'its agent lacks a plugin (2)': {
    name: 'plugins.reported{incomplete}',
    event: {
      at: 1000000,
      roll: 0.5,
      generation: 1,
      complete: false,
      installed: 1,
      problem: null,
      type: 'plugins.reported',
    },
  },
  'stop is done (2)': {
    name: 'stop.settled{stopped}',
    event: {
      type: 'xstate.done.actor.stop',
      actorId: 'stop',
      output: { kind: 'stopped', pluginGeneration: 1, at: 1000000, roll: 0.5 },
    },
  },
  'its process exits (2)': {
    name: 'instance.exited{current}',
    event: { at: 1000000, roll: 0.5, incarnation: 2, code: 1, signal: null, type: 'instance.exited' },
  },
  'reconcile installs plugins (2)': {
    name: 'reconcile.settled{changed,restart}',
    event: {
      type: 'xstate.done.actor.reconcile',
      actorId: 'reconcile',
      output: {
        at: 1000000,
        roll: 0.5,
        changed: ['a'],
        failed: [],
        error: null,
        restartNeeded: true,
        generation: 2,
        installed: 1,
      },
    },
  },
  'reconcile installs some and leaves one out': {
    name: 'reconcile.settled{changed,restart,failed}',
    event: {
      type: 'xstate.done.actor.reconcile',
      actorId: 'reconcile',
      output: {
        at: 1000000,
        roll: 0.5,
        changed: ['a'],
        failed: [{ name: 'b', source: 'local://b', code: 'PLUGIN_NOT_FOUND', message: 'It is not there.' }],
        error: null,
        restartNeeded: true,
        generation: 2,
        installed: 1,
      },
    },
  },
  'the rollback takes two plugins away': {
    name: 'rollback.settled{two}',
    event: {
      type: 'xstate.done.actor.rollback',
      actorId: 'rollback',
      output: {
        kind: 'rolled-back',
        generation: 2,
        changed: [
          {
            name: 'a',
            source: 'local://a',
            revision: null,
            treeHash: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
          },
          {
            name: 'b',
            source: 'local://b',
            revision: null,
            treeHash: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
          },
        ],
        at: 1000000,
        roll: 0.5,
      },
    },
  },
  'reconcile finds nothing to do (2)': {
    name: 'reconcile.settled{nothing}',
    event: {
      type: 'xstate.done.actor.reconcile',
      actorId: 'reconcile',
      output: {
        at: 1000000,
        roll: 0.5,
        changed: [],
        failed: [],
        error: null,
        restartNeeded: false,
        generation: 2,
        installed: 1,
      },
    },
  },
};

const follow = createFollow(createSystem, cases);

describe('workspace, over every transition', () => {
  it('a workspace of ours: from provisioning, a register, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a register', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, plugins are declared, stays in provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['plugins are declared', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, an operator updated its plugins, stays in provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator updated its plugins', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, an operator released a plugin, stays in provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator released a plugin', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, an operator dismissed an update, stays in provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator dismissed an update', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, a secret is changed, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a secret is changed', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, the supervisor is restarted, stays in provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['the supervisor is restarted', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, its start is declined, reaches failed', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its start is declined', 'wanted.failed'],
    ]));

  it('an external workspace: from awaitingAgent, a register, reaches reconciling', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a register', 'wanted.online.reconciling'],
    ]));

  it('an external workspace: from awaitingAgent, plugins are declared, stays in awaitingAgent', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['plugins are declared', 'wanted.awaitingAgent'],
    ]));

  it('an external workspace: from awaitingAgent, its agent has its plugins, stays in awaitingAgent', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['its agent has its plugins', 'wanted.awaitingAgent'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then a wedged beat, reaches degraded', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['a wedged beat', 'wanted.degraded'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then silence past the lease, reaches offline', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['silence past the lease', 'wanted.offline'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then plugins are declared, stays in reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['plugins are declared', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then an operator updated its plugins, stays in reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['an operator updated its plugins', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then an operator released a plugin, stays in reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['an operator released a plugin', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then a secret is changed, stays in reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['a secret is changed', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then an operator reconciled it, stays in reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['an operator reconciled it', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile leaves one out, reaches blocked', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile leaves one out', 'wanted.online.blocked'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then the reconcile itself breaks, reaches blocked', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['the reconcile itself breaks', 'wanted.online.blocked'],
    ]));

  it('a workspace of ours: from provisioning, provisionBy passes, then a healthy beat, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['provisionBy passes', 'wanted.failed'],
      ['a healthy beat', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, provisionBy passes, then a register, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['provisionBy passes', 'wanted.failed'],
      ['a register', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, provisionBy passes, then its process exits, stays in failed', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['provisionBy passes', 'wanted.failed'],
      ['its process exits', 'wanted.failed'],
    ]));

  it('a workspace of ours: from provisioning, provisionBy passes, then a secret is changed, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['provisionBy passes', 'wanted.failed'],
      ['a secret is changed', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, provisionBy passes, then an operator restarted it, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['provisionBy passes', 'wanted.failed'],
      ['an operator restarted it', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, provisionBy passes, then an operator retried it, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['provisionBy passes', 'wanted.failed'],
      ['an operator retried it', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, its process exits, then restartAt passes, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its process exits', 'wanted.offline'],
      ['restartAt passes', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, its process exits, then its process exits, stays in offline', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its process exits', 'wanted.offline'],
      ['its process exits', 'wanted.offline'],
    ]));

  it('a workspace of ours: from provisioning, its process exits, then plugins are declared, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its process exits', 'wanted.offline'],
      ['plugins are declared', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, its process exits, then a secret is changed, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its process exits', 'wanted.offline'],
      ['a secret is changed', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, its process exits, then an operator restarted it, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its process exits', 'wanted.offline'],
      ['an operator restarted it', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, its process exits, then an operator retried it, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its process exits', 'wanted.offline'],
      ['an operator retried it', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, the command is changed, then stopBy passes, stays in restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['the command is changed', 'wanted.restarting'],
      ['stopBy passes', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, the command is changed, then its process exits, stays in restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['the command is changed', 'wanted.restarting'],
      ['its process exits', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, the command is changed, then stop is done, reaches provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['the command is changed', 'wanted.restarting'],
      ['stop is done', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, the command is changed, then the next start is declined, reaches provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['the command is changed', 'wanted.restarting'],
      ['the next start is declined', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, the command is changed, then stop fails, stays in restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['the command is changed', 'wanted.restarting'],
      ['stop fails', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, an operator rolled its plugins back, then stopBy passes, stays in rollingBack', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator rolled its plugins back', 'wanted.rollingBack'],
      ['stopBy passes', 'wanted.rollingBack'],
    ]));

  it('a workspace of ours: from provisioning, an operator rolled its plugins back, then its process exits, stays in rollingBack', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator rolled its plugins back', 'wanted.rollingBack'],
      ['its process exits', 'wanted.rollingBack'],
    ]));

  it('a workspace of ours: from provisioning, an operator rolled its plugins back, then an operator rolled its plugins back, stays in rollingBack', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator rolled its plugins back', 'wanted.rollingBack'],
      ['an operator rolled its plugins back', 'wanted.rollingBack'],
    ]));

  it('a workspace of ours: from provisioning, an operator rolled its plugins back, then the rollback takes one plugin away, reaches provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator rolled its plugins back', 'wanted.rollingBack'],
      ['the rollback takes one plugin away', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, an operator rolled its plugins back, then there is no way back, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator rolled its plugins back', 'wanted.rollingBack'],
      ['there is no way back', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, an operator rolled its plugins back, then rollback fails, stays in rollingBack', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator rolled its plugins back', 'wanted.rollingBack'],
      ['rollback fails', 'wanted.rollingBack'],
    ]));

  it('a workspace of ours: from provisioning, an operator restarted it, then provisionBy passes, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator restarted it', 'wanted.provisioning'],
      ['provisionBy passes', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then stopBy passes, stays in pausing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['stopBy passes', 'resting.pausing'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then its process exits, stays in pausing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['its process exits', 'resting.pausing'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then plugins are declared, stays in pausing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['plugins are declared', 'resting.pausing'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then an operator released a plugin, stays in pausing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['an operator released a plugin', 'resting.pausing'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then an operator dismissed an update, stays in pausing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['an operator dismissed an update', 'resting.pausing'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then an operator resumed it, reaches provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['an operator resumed it', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then the supervisor is restarted, stays in pausing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['the supervisor is restarted', 'resting.pausing'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then stop fails, stays in pausing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['stop fails', 'resting.pausing'],
    ]));

  it('a workspace of ours: from provisioning, an operator hibernated it, then stopBy passes, stays in hibernating', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator hibernated it', 'resting.hibernating'],
      ['stopBy passes', 'resting.hibernating'],
    ]));

  it('a workspace of ours: from provisioning, an operator hibernated it, then an operator woke it, reaches provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator hibernated it', 'resting.hibernating'],
      ['an operator woke it', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, an operator hibernated it, then stop fails, stays in hibernating', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator hibernated it', 'resting.hibernating'],
      ['stop fails', 'resting.hibernating'],
    ]));

  it('a workspace of ours: from provisioning, an operator removed it, then stopBy passes, stays in removing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator removed it', 'removing'],
      ['stopBy passes', 'removing'],
    ]));

  it('a workspace of ours: from provisioning, an operator removed it, then the supervisor is restarted, stays in removing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator removed it', 'removing'],
      ['the supervisor is restarted', 'removing'],
    ]));

  it('a workspace of ours: from provisioning, an operator removed it, then destroy is done, reaches removed', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator removed it', 'removing'],
      ['destroy is done', 'removed'],
    ]));

  it('a workspace of ours: from provisioning, an operator removed it, then destroy fails, stays in removing', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator removed it', 'removing'],
      ['destroy fails', 'removing'],
    ]));

  it('a workspace of ours: from provisioning, its start fails, then a register, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its start fails', 'wanted.offline'],
      ['a register', 'wanted.online.reconciling'],
    ]));

  it('an external workspace: from awaitingAgent, a healthy beat, then a register, stays in reconciling', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['a register', 'wanted.online.reconciling'],
    ]));

  it('an external workspace: from awaitingAgent, a healthy beat, then silence past the lease, reaches awaitingAgent', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['silence past the lease', 'wanted.awaitingAgent'],
    ]));

  it('an external workspace: from awaitingAgent, an operator rolled its plugins back, then the rollback takes one plugin away, reaches awaitingAgent', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['an operator rolled its plugins back', 'wanted.rollingBack'],
      ['the rollback takes one plugin away', 'wanted.awaitingAgent'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then a failing beat, then a recovered beat, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['a failing beat', 'wanted.degraded'],
      ['a recovered beat', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then a failing beat, then a register, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['a failing beat', 'wanted.degraded'],
      ['a register', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then a failing beat, then silence past the lease, reaches offline', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['a failing beat', 'wanted.degraded'],
      ['silence past the lease', 'wanted.offline'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then a failing beat, then the command is changed, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['a failing beat', 'wanted.degraded'],
      ['the command is changed', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcileBy passes, then retryAt passes, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcileBy passes', 'wanted.online.blocked'],
      ['retryAt passes', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcileBy passes, then a tracked plugin is outdated, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcileBy passes', 'wanted.online.blocked'],
      ['a tracked plugin is outdated', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcileBy passes, then a secret is changed, stays in blocked', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcileBy passes', 'wanted.online.blocked'],
      ['a secret is changed', 'wanted.online.blocked'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcileBy passes, then an operator restarted it, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcileBy passes', 'wanted.online.blocked'],
      ['an operator restarted it', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcileBy passes, then an operator retried it, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcileBy passes', 'wanted.online.blocked'],
      ['an operator retried it', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then the command is changed, then reconcileBy passes, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['the command is changed', 'wanted.online.reconciling'],
      ['reconcileBy passes', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile finds nothing to do, then resyncAt passes, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile finds nothing to do', 'wanted.online.converged'],
      ['resyncAt passes', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile finds nothing to do, then a tracked plugin is outdated, reaches reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile finds nothing to do', 'wanted.online.converged'],
      ['a tracked plugin is outdated', 'wanted.online.reconciling'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile finds nothing to do, then a secret is changed, stays in converged', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile finds nothing to do', 'wanted.online.converged'],
      ['a secret is changed', 'wanted.online.converged'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile finds nothing to do, then an operator restarted it, reaches restarting', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile finds nothing to do', 'wanted.online.converged'],
      ['an operator restarted it', 'wanted.restarting'],
    ]));

  it('a workspace of ours: from provisioning, provisionBy passes, then plugins are declared, then the next start is declined, reaches failed', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['provisionBy passes', 'wanted.failed'],
      ['plugins are declared', 'wanted.restarting'],
      ['the next start is declined', 'wanted.failed'],
    ]));

  it('a workspace of ours: from provisioning, an operator paused it, then stop is done, then an operator resumed it, reaches provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator paused it', 'resting.pausing'],
      ['stop is done', 'resting.paused'],
      ['an operator resumed it', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, an operator hibernated it, then stop is done, then an operator woke it, reaches provisioning', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['an operator hibernated it', 'resting.hibernating'],
      ['stop is done', 'resting.hibernated'],
      ['an operator woke it', 'wanted.provisioning'],
    ]));

  it('a workspace of ours: from provisioning, its start fails, then a healthy beat, then silence past the lease, reaches failed', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['its start fails', 'wanted.offline'],
      ['a healthy beat', 'wanted.online.reconciling'],
      ['silence past the lease', 'wanted.failed'],
    ]));

  it('an external workspace: from awaitingAgent, a healthy beat, then a failing beat, then silence past the lease, reaches awaitingAgent', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['a failing beat', 'wanted.degraded'],
      ['silence past the lease', 'wanted.awaitingAgent'],
    ]));

  it('an external workspace: from awaitingAgent, a healthy beat, then reconcile finds nothing to do, then its agent lacks a plugin, reaches delivering', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile finds nothing to do', 'wanted.online.converged'],
      ['its agent lacks a plugin', 'wanted.online.delivering'],
    ]));

  it('an external workspace: from awaitingAgent, a healthy beat, then reconcile installs plugins, then resyncAt passes, reaches reconciling', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.online.delivering'],
      ['resyncAt passes', 'wanted.online.reconciling'],
    ]));

  it('an external workspace: from awaitingAgent, a healthy beat, then reconcile installs plugins, then a tracked plugin is outdated, reaches reconciling', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.online.delivering'],
      ['a tracked plugin is outdated', 'wanted.online.reconciling'],
    ]));

  it('an external workspace: from awaitingAgent, a healthy beat, then reconcile installs plugins, then its agent has its plugins, reaches converged', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.online.delivering'],
      ['its agent has its plugins (2)', 'wanted.online.converged'],
    ]));

  it('an external workspace: from awaitingAgent, a healthy beat, then reconcile installs plugins, then its agent lacks a plugin, stays in delivering', () =>
    follow(fromAnExternalWorkspace, 'wanted.awaitingAgent', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.online.delivering'],
      ['its agent lacks a plugin (2)', 'wanted.online.delivering'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile installs plugins, then stop is done, then its process exits, reaches rollingBack', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.restarting'],
      ['stop is done (2)', 'wanted.provisioning'],
      ['its process exits (2)', 'wanted.rollingBack'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile installs plugins, then the next start is declined, then reconcile installs plugins, reaches converged', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.restarting'],
      ['the next start is declined', 'wanted.online.reconciling'],
      ['reconcile installs plugins (2)', 'wanted.online.converged'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile installs plugins, then the next start is declined, then reconcile installs some and leaves one out, reaches blocked', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.restarting'],
      ['the next start is declined', 'wanted.online.reconciling'],
      ['reconcile installs some and leaves one out', 'wanted.online.blocked'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile installs plugins, then the next start is declined, then silence past the lease, then a healthy beat, then reconcile installs plugins, reaches rollingBack', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.restarting'],
      ['the next start is declined', 'wanted.online.reconciling'],
      ['silence past the lease', 'wanted.offline'],
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins (2)', 'wanted.rollingBack'],
    ]));

  it('a workspace of ours: from provisioning, a healthy beat, then reconcile installs plugins, then stop is done, then provisionBy passes, then the rollback takes two plugins away, then a healthy beat, then reconcile finds nothing to do, stays in reconciling', () =>
    follow(fromAWorkspaceOfOurs, 'wanted.provisioning', [
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile installs plugins', 'wanted.restarting'],
      ['stop is done (2)', 'wanted.provisioning'],
      ['provisionBy passes', 'wanted.rollingBack'],
      ['the rollback takes two plugins away', 'wanted.provisioning'],
      ['a healthy beat', 'wanted.online.reconciling'],
      ['reconcile finds nothing to do (2)', 'wanted.online.reconciling'],
    ]));
});
