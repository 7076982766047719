import { assign, fromPromise, setup } from 'xstate';
import type { Stamp } from '../time.ts';
import type { PlanEntry, PluginFailure, PluginSwitch, ReconcileError, ReconcileOutcome } from './outcome.ts';

export type ReconcileInput = Stamp & {
  workspaceId: string;
  /** The plugin generation that the workspace last settled on; a newer one on disk was not accounted for yet. */
  knownGeneration: number;
  /** The plugins whose references are resolved anew; what was recorded of the others is trusted. */
  refresh: string[] | 'all' | null;
};

/** A plugin that is in the cache, checked, and ready to be staged. */
export type FetchedPlugin = {
  name: string;
  source: string;
  revision: string | null;
  treeHash: string;
  manifestHash: string | null;
  runtimes: string[];
  coreHash: string;
  restart: 'never' | 'auto' | 'always';
};

/** What a step of a reconcile learned. A step that rejects ends the reconcile with its error. */
export type Planned = Stamp & {
  plan: PlanEntry[];
  failed: PluginFailure[];
  generation: number;
  /** How many declared plugins are in place already. */
  installed: number;
  /** Changes that an interrupted reconcile already put in force: their restart was not asked for yet. */
  unaccounted: { changed: string[]; restartNeeded: boolean };
};
export type Fetched = Stamp & { fetched: FetchedPlugin[]; failed: PluginFailure[] };
export type Verified = Fetched;
export type Staged = Stamp & PluginSwitch & { installed: number };
export type Switched = Stamp;

type ReconcileContext = Omit<ReconcileInput, keyof Stamp> & {
  stamp: Stamp;
  plan: PlanEntry[];
  fetched: FetchedPlugin[];
  failed: PluginFailure[];
  error: ReconcileError | null;
  /** Built beside the one in force; counts only once it was switched to. */
  staged: (PluginSwitch & { installed: number }) | null;
  changed: string[];
  restartNeeded: boolean;
  generation: number;
  installed: number;
};

/** What a step is given: everything that the steps before it learned. */
export type StepInput = Pick<
  ReconcileContext,
  'workspaceId' | 'knownGeneration' | 'refresh' | 'plan' | 'fetched' | 'staged'
>;

const step = <Output>(name: string) =>
  fromPromise<Output, StepInput>(() =>
    Promise.reject(new Error(`${name} is provided by whoever runs the machine`)),
  );

const stepInput = ({ context }: { context: ReconcileContext }): StepInput => ({
  workspaceId: context.workspaceId,
  knownGeneration: context.knownGeneration,
  refresh: context.refresh,
  plan: context.plan,
  fetched: context.fetched,
  staged: context.staged,
});

/** What a rejected step says of itself; it brings its moment along, as any event does. */
const rejectionOf = (event: object): { error: ReconcileError; stamp: Partial<Stamp> } => {
  const cause = ('error' in event ? event.error : null) ?? {};
  const { code, message, at, roll } = cause as Record<string, unknown>;
  return {
    error: {
      code: typeof code === 'string' ? code : 'INTERNAL',
      message: typeof message === 'string' ? message : JSON.stringify(cause),
    },
    stamp: typeof at === 'number' && typeof roll === 'number' ? { at, roll } : {},
  };
};

/**
 * Closes the difference between declared and installed plugins: all of them, in one switch.
 *
 * Looks only at what is, so it may run at any time, twice, or first thing after a crash. Each step is invoked,
 * may be repeated, and is aborted by its signal when the workspace leaves `online.reconciling`.
 */
export const reconcileMachine = setup({
  types: {
    context: {} as ReconcileContext,
    input: {} as ReconcileInput,
    output: {} as ReconcileOutcome,
  },
  actors: {
    plan: step<Planned>('plan'),
    fetch: step<Fetched>('fetch'),
    verify: step<Verified>('verify'),
    stage: step<Staged>('stage'),
    switch: step<Switched>('switch'),
  },
  guards: {
    hasNothingToDo: (_, { plan }: Planned) =>
      plan.every(({ action }) => action === 'keep' || action === 'hold'),
    hasNothingLeftToChange: ({ context }, { fetched }: Verified) =>
      fetched.length === 0 && context.plan.every(({ action }) => action !== 'remove'),
  },
  actions: {
    notePlan: assign((_, { plan, failed, generation, installed, unaccounted, at, roll }: Planned) => ({
      plan,
      failed,
      generation,
      installed,
      changed: unaccounted.changed,
      restartNeeded: unaccounted.restartNeeded,
      stamp: { at, roll },
    })),
    noteFetched: assign(({ context }, { fetched, failed, at, roll }: Fetched) => ({
      fetched,
      failed: [...context.failed, ...failed],
      stamp: { at, roll },
    })),
    noteStaged: assign((_, { at, roll, ...staged }: Staged) => ({
      staged,
      stamp: { at, roll },
    })),
    noteSwitched: assign(({ context }, { at, roll }: Switched) => ({
      generation: context.staged?.generation ?? context.generation,
      installed: context.staged?.installed ?? context.installed,
      changed: [...new Set([...context.changed, ...(context.staged?.changed ?? [])])],
      restartNeeded: context.restartNeeded || (context.staged?.restartNeeded ?? false),
      stamp: { at, roll },
    })),
    noteError: assign(({ context, event }) => {
      const { error, stamp } = rejectionOf(event);
      return { error, stamp: { ...context.stamp, ...stamp } };
    }),
  },
}).createMachine({
  id: 'reconcile',
  description: 'Compares declared with installed plugins and closes the difference in one switch.',
  context: ({ input: { at, roll, ...input } }) => ({
    ...input,
    stamp: { at, roll },
    plan: [],
    fetched: [],
    failed: [],
    error: null,
    staged: null,
    changed: [],
    restartNeeded: false,
    generation: input.knownGeneration,
    installed: 0,
  }),
  initial: 'planning',
  states: {
    planning: {
      description: 'What is declared is compared with what is on disk, byte for byte.',
      invoke: {
        id: 'plan',
        src: 'plan',
        input: stepInput,
        onDone: [
          {
            guard: { type: 'hasNothingToDo', params: ({ event }) => event.output },
            target: 'settled',
            actions: { type: 'notePlan', params: ({ event }) => event.output },
          },
          { target: 'fetching', actions: { type: 'notePlan', params: ({ event }) => event.output } },
        ],
        onError: { target: 'settled', actions: 'noteError' },
      },
    },
    fetching: {
      description: 'What is missing is brought into the cache; one failure stops nothing else.',
      invoke: {
        id: 'fetch',
        src: 'fetch',
        input: stepInput,
        onDone: {
          target: 'verifying',
          actions: { type: 'noteFetched', params: ({ event }) => event.output },
        },
        onError: { target: 'settled', actions: 'noteError' },
      },
    },
    verifying: {
      description: 'What the cache holds is hashed again before it is used.',
      invoke: {
        id: 'verify',
        src: 'verify',
        input: stepInput,
        onDone: [
          {
            guard: { type: 'hasNothingLeftToChange', params: ({ event }) => event.output },
            target: 'settled',
            actions: { type: 'noteFetched', params: ({ event }) => event.output },
          },
          { target: 'staging', actions: { type: 'noteFetched', params: ({ event }) => event.output } },
        ],
        onError: { target: 'settled', actions: 'noteError' },
      },
    },
    staging: {
      description: 'A complete new plugin generation is built beside the one in force.',
      invoke: {
        id: 'stage',
        src: 'stage',
        input: stepInput,
        onDone: {
          target: 'switching',
          actions: { type: 'noteStaged', params: ({ event }) => event.output },
        },
        onError: { target: 'settled', actions: 'noteError' },
      },
    },
    switching: {
      description: 'One rename puts the new plugin generation in force.',
      invoke: {
        id: 'switch',
        src: 'switch',
        input: stepInput,
        onDone: {
          target: 'settled',
          actions: { type: 'noteSwitched', params: ({ event }) => event.output },
        },
        onError: { target: 'settled', actions: 'noteError' },
      },
    },
    settled: {
      description: 'The outcome is known: what changed, what failed, whether a restart is needed.',
      type: 'final',
    },
  },
  output: ({ context }) => ({
    ...context.stamp,
    changed: context.changed,
    failed: context.failed,
    error: context.error,
    restartNeeded: context.restartNeeded,
    generation: context.generation,
    installed: context.installed,
  }),
});
