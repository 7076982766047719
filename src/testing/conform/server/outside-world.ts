import type { AnyMachineSnapshot, SnapshotFrom } from 'xstate';
import { leafOf } from '../../../../machines/walk.ts';
import { isPending } from '../../../../machines/workspace/delivery.ts';
import { DEFAULT_POLICY } from '../../../../machines/workspace/policy.ts';
import { isRestartDue } from '../../../../machines/workspace/restart-budget.ts';
import type { workspaceMachine } from '../../../../machines/workspace/workspace.machine.ts';
import type { Case, GivenOutcome, WorldOptions } from '../../paths/types.ts';

type Snapshot = SnapshotFrom<typeof workspaceMachine>;

const STAMP = { at: 1_000_000, roll: 0.5 };

/** What it passes through by itself, sooner than anybody outside could do something. */
const PASSING = ['wanted.online.reconciling', 'resting.pausing', 'resting.hibernating', 'removing'];

/** Whether a state is left by itself, so that nobody outside can tell whether it is still there. */
export const isPassing = (state: string): boolean => PASSING.includes(state);

/** Each change declares the plugin, or takes it away again; a workspace is created with it. */
export const isDeclared = (generation: number): boolean => generation % 2 === 1;

const did = (type: string, word: string, more: object = {}): Case => ({
  event: { ...STAMP, ...more, type },
  title: word.replaceAll('-', ' '),
  name: word,
});

/** What an agent elsewhere and an operator can do, through requests alone, by one word each. */
const casesOf = (given: AnyMachineSnapshot): Case[] => {
  const snapshot = given as Snapshot;
  if (snapshot.status !== 'active' || isPassing(leafOf(snapshot.value))) return [];
  const { generation, plugins, policy } = snapshot.context;
  const beat = (beat: string, errorRate: number) =>
    did('heartbeat.received', `beat-${beat}`, { beat: beat === 'fair' ? 'healthy' : beat, errorRate });
  const report = (complete: boolean) =>
    did('plugins.reported', complete ? 'report' : 'report-loss', {
      generation: plugins.generation,
      // With nothing in force, nothing in place is all of it.
      complete: complete || !isDeclared(plugins.generation),
      installed: 1,
      problem: null,
    });
  const verbs = ['restarted', 'paused', 'resumed', 'hibernated', 'woke', 'reconciled'];
  return [
    beat('recovered', 0),
    beat('fair', 0.3),
    beat('failing', 0.9),
    beat('wedged', 0),
    did('agent.registered', 'register'),
    ...(snapshot.hasTag('leased') ? [did('lease.expired', 'silence', { lastBeatAt: null })] : []),
    did('spec.changed', isDeclared(generation) ? 'undeclare' : 'declare', {
      generation: generation + 1,
      policy,
      restart: false,
    }),
    ...(plugins.generation > 0 ? [report(true), report(false)] : []),
    ...verbs.map((verb) => did(`operator.${verb}`, verb)),
  ];
};

/** What the server comes to by itself: it installs what is declared, and there is nothing to stop. */
const outcomesOf = (actor: string, given: AnyMachineSnapshot): GivenOutcome[] => {
  const { generation, plugins } = (given as Snapshot).context;
  if (actor !== 'reconcile') {
    const output = { kind: 'stopped', pluginGeneration: null, ...STAMP };
    return [{ output, title: 'it is stopped', name: `${actor}.settled` }];
  }
  const isInForce = plugins.generation > 0 && isDeclared(plugins.generation);
  const isSame = isInForce === isDeclared(generation);
  const output = {
    ...STAMP,
    changed: isSame ? [] : ['plugin'],
    failed: [],
    error: null,
    restartNeeded: !isSame,
    // Named after the spec that it was made for, so that it says what is in it.
    generation: isSame ? plugins.generation : generation,
    installed: isDeclared(generation) ? 1 : 0,
  };
  return [{ output, title: 'its plugins are dealt with', name: 'reconcile.settled' }];
};

const keyOf = (given: AnyMachineSnapshot): string => {
  const { value, context } = given as Snapshot;
  return [
    leafOf(value),
    isDeclared(context.generation) ? 'declared' : 'undeclared',
    `in force ${context.plugins.generation > 0 ? isDeclared(context.plugins.generation) : 'none'}`,
    isPending(context) ? 'pending' : 'delivered',
    isRestartDue(context) ? 'restart due' : '',
  ].join(' | ');
};

/** A workspace whose agent runs elsewhere, as somebody outside can lead it. */
export const OUTSIDE_WORLD: WorldOptions = {
  starts: [
    {
      title: 'an external workspace',
      input: { workspaceId: 'w', owned: false, policy: DEFAULT_POLICY, generation: 1, ...STAMP },
    },
  ],
  cases: casesOf,
  outcomes: outcomesOf,
  key: keyOf,
};
