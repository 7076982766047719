/** Every state the workspace machine can reach and every event it can meet there, found by walking the machine itself. */
import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import { leafOf } from '../../machines/walk.ts';
import { isPending } from '../../machines/workspace/delivery.ts';
import { DEFAULT_POLICY, type Policy } from '../../machines/workspace/policy.ts';
import { isOnProbation } from '../../machines/workspace/probation.ts';
import { isRestartDue } from '../../machines/workspace/restart-budget.ts';
import type { BeatClass } from '../../machines/workspace/types.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';

export type Snapshot = SnapshotFrom<typeof workspaceMachine>;
export type ModelEvent = { type: string } & Record<string, unknown>;
export type Edge = { from: string; event: ModelEvent; title: string; to: string; moved: boolean };
/** `path` leads here from the beginning and is a shortest one. */
export type Node = { key: string; snapshot: Snapshot; path: Edge[] };
export type Model = { nodes: Map<string, Node>; edges: Edge[] };

/** Small budgets, so that what exhausts them is near. */
export const MODEL_POLICY: Policy = {
  ...DEFAULT_POLICY,
  restartBudget: 1,
  pluginRestartBudget: 1,
  pluginTries: 2,
  // Time stands still here: what is online has lasted, what is not has not.
  pluginProbationMs: 0,
};

export const BEATS: readonly BeatClass[] = ['healthy', 'recovered', 'failing', 'wedged'];

const STAMP = { at: 1_000_000, roll: 0.5 };
const DECLINED = {
  kind: 'declined',
  code: 'COMMAND_NOT_FOUND',
  message: 'There is no such command.',
  hint: 'Add it.',
};
const DRIVER_FAILED = { kind: 'failed', message: 'The driver did not answer.' };

const settled = (name: string, generation: number, extra: object = {}): ModelEvent => ({
  type: 'xstate.done.actor.reconcile',
  title: name,
  output: {
    ...STAMP,
    changed: [],
    failed: [],
    error: null,
    restartNeeded: false,
    generation,
    installed: 1,
    ...extra,
  },
});

const FAILED = [{ name: 'b', source: 'local://b', code: 'PLUGIN_NOT_FOUND', message: 'It is not there.' }];

const [A, B] = ['a', 'b'].map((name) => ({
  name,
  source: `local://${name}`,
  revision: null,
  treeHash: name.repeat(64),
})) as [object, object];

/** What may happen in a state: everything that any part of the supervisor could send there. */
export const eventsIn = (snapshot: Snapshot): ModelEvent[] => {
  const { incarnation, generation, deadline } = snapshot.context;
  return [
    ...BEATS.map((beat) => ({ type: 'heartbeat.received', title: `a ${beat} beat`, beat, errorRate: 0.7 })),
    { type: 'agent.registered', title: 'a register' },
    ...(snapshot.hasTag('leased')
      ? [{ type: 'lease.expired', title: 'silence past the lease', lastBeatAt: null }]
      : []),
    ...(deadline === null
      ? []
      : [{ type: 'deadline.passed', title: `${deadline.name} passes`, deadline: deadline.name }]),
    ...(snapshot.context.owned
      ? [
          { type: 'instance.exited', title: 'its process exits', incarnation, code: 1, signal: null },
          {
            type: 'instance.exited',
            title: 'an earlier process exits',
            incarnation: incarnation - 1,
            code: 1,
            signal: null,
          },
        ]
      : []),
    {
      type: 'spec.changed',
      title: 'plugins are declared',
      generation: generation + 1,
      policy: MODEL_POLICY,
      restart: false,
    },
    {
      type: 'spec.changed',
      title: 'the command is changed',
      generation: generation + 1,
      policy: MODEL_POLICY,
      restart: true,
    },
    { type: 'operator.rolledBack', title: 'an operator rolled its plugins back', to: 0 },
    { type: 'operator.updated', title: 'an operator updated its plugins', plugins: 'all' },
    { type: 'operator.released', title: 'an operator released a plugin', plugins: ['a'] },
    { type: 'operator.dismissed', title: 'an operator dismissed an update', plugin: 'a', revision: 'r' },
    { type: 'plugins.outdated', title: 'a tracked plugin is outdated', plugins: ['a'] },
    { type: 'secrets.changed', title: 'a secret is changed' },
    ...(snapshot.context.owned
      ? []
      : [true, false].map((complete) => ({
          type: 'plugins.reported',
          title: complete ? 'its agent has its plugins' : 'its agent lacks a plugin',
          generation: snapshot.context.plugins.generation,
          complete,
          installed: 1,
          problem: null,
        }))),
    ...['restarted', 'paused', 'resumed', 'hibernated', 'woke', 'retried', 'reconciled'].map((did) => ({
      type: `operator.${did}`,
      title: `an operator ${did} it`,
    })),
    { type: 'operator.removed', title: 'an operator removed it', purge: false },
    { type: 'supervisor.resumed', title: 'the supervisor is restarted', policy: MODEL_POLICY },
    ...invokedIn(snapshot).flatMap((actor) => outcomesOf(actor, snapshot)),
  ].map((event) => ({ ...STAMP, ...event }));
};

const invokedIn = (snapshot: Snapshot): string[] =>
  snapshot._nodes.flatMap((node) => node.invoke.map(({ id }) => id));

const outcomesOf = (actor: string, snapshot: Snapshot): ModelEvent[] => {
  const leaf = leafOf(snapshot.value);
  const { generation } = snapshot.context.plugins;
  const done = (title: string, output: object): ModelEvent => ({
    type: `xstate.done.actor.${actor}`,
    title,
    output: { ...output, ...STAMP },
  });
  switch (actor) {
    case 'provision':
      return [
        done('its process is started', { kind: 'running', adopted: false }),
        done('its start is declined', DECLINED),
        done('its start fails', DRIVER_FAILED),
      ];
    case 'reconcile':
      return [
        settled('reconcile finds nothing to do', generation),
        settled('reconcile installs plugins', generation + 1, { changed: ['a'], restartNeeded: true }),
        settled('reconcile installs a text', generation + 1, { changed: ['a'] }),
        settled('reconcile leaves one out', generation, { failed: FAILED }),
        settled('reconcile installs some and leaves one out', generation + 1, {
          changed: ['a'],
          restartNeeded: true,
          failed: FAILED,
        }),
        settled('reconcile cannot be carried out', generation, {
          error: { code: 'INTERNAL', message: 'The disk is full.' },
        }),
        {
          type: 'xstate.error.actor.reconcile',
          title: 'the reconcile itself breaks',
          error: new Error('broken'),
        },
      ];
    case 'rollback': {
      const rolledBack = (title: string, changed: object[]) =>
        done(title, { kind: 'rolled-back', generation: generation + 1, changed });
      return [
        rolledBack('the rollback takes one plugin away', [A]),
        rolledBack('the rollback takes two plugins away', [A, B]),
        done('there is no way back', DECLINED),
        done('rollback fails', DRIVER_FAILED),
      ];
    }
    default:
      return [
        done(`${actor} is done`, { kind: 'stopped', pluginGeneration: generation }),
        ...(leaf === 'wanted.restarting' ? [done('the next start is declined', DECLINED)] : []),
        done(`${actor} fails`, DRIVER_FAILED),
      ];
  }
};

/**
 * What tells two states apart for the walk: the leaf, and what guards look at. While plugins are suspected, what has
 * nothing to do with them is left out: it is walked where nothing is suspected.
 */
export const keyOf = (snapshot: Snapshot): string => {
  const { context } = snapshot;
  const { suspicion, restartedAt, attempt, good } = context.plugins;
  const suspected = [
    isOnProbation(context) ? 'on probation' : '',
    suspicion.trial.length > 0 ? 'on trial' : '',
    suspicion.groups.length > 0 ? 'to try' : '',
    suspicion.held.length > 0 ? 'held back' : '',
  ].filter((word) => word !== '');
  return [
    leafOf(snapshot.value),
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

export const initialSnapshot = (owned: boolean): Snapshot => {
  const input = { workspaceId: 'w', owned, policy: MODEL_POLICY, generation: 1, ...STAMP };
  return initialTransition(workspaceMachine, input)[0];
};

/** Children do not run here: an invoked actor answers through events, as the walk decides. */
export const next = (snapshot: Snapshot, event: ModelEvent): Snapshot =>
  transition(workspaceMachine, snapshot, event as never)[0];

/** Walks the machine breadth first, for a workspace of ours and then for an external one. */
export const exploreMachine = ({
  limit = 20_000,
  follows = () => true,
}: {
  limit?: number;
  /** Which events are followed, and so lead on. */
  follows?: (snapshot: Snapshot, event: ModelEvent) => boolean;
} = {}): Model => {
  const nodes = new Map<string, Node>();
  const edges: Edge[] = [];
  const queue: Node[] = [];
  const visit = (node: Node) => {
    if (nodes.has(node.key)) return;
    if (nodes.size >= limit)
      throw new Error(`more than ${limit} states: something in the key grows without bound`);
    nodes.set(node.key, node);
    queue.push(node);
  };
  for (const owned of [true, false]) {
    const snapshot = initialSnapshot(owned);
    visit({ key: keyOf(snapshot), snapshot, path: [] });
  }
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    if (node.snapshot.status === 'done') continue;
    for (const event of eventsIn(node.snapshot)) {
      if (!follows(node.snapshot, event)) continue;
      const snapshot = next(node.snapshot, event);
      if (snapshot.status === 'error') throw snapshot.error;
      const key = keyOf(snapshot);
      const edge = {
        from: node.key,
        event,
        title: String(event.title),
        to: key,
        moved: snapshot !== node.snapshot,
      };
      edges.push(edge);
      visit({ key, snapshot, path: [...node.path, edge] });
    }
  }
  return { nodes, edges };
};

export const leafOfKey = (key: string): string => key.split(' | ')[0] as string;
