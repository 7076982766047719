import { describe, expect, it } from 'vitest';
import { createActor, fromPromise, toPromise } from 'xstate';
import type { PlanEntry, ReconcileOutcome } from '../../machines/reconcile/outcome.ts';
import {
  type FetchedPlugin,
  type ReconcileInput,
  reconcileMachine,
  type StepInput,
} from '../../machines/reconcile/reconcile.machine.ts';

const INPUT: ReconcileInput = { workspaceId: 'w', knownGeneration: 3, refresh: null, at: 1, roll: 0.5 };

const entry = (name: string, action: PlanEntry['action']): PlanEntry => ({
  name,
  action,
  why: '',
  restart: true,
  resolved: null,
  declaration: { name, source: `local://${name}` },
  installed: null,
});

const fetched = (name: string): FetchedPlugin => ({
  name,
  source: `local://${name}`,
  revision: null,
  treeHash: 'a',
  manifestHash: null,
  runtimes: [],
  coreHash: 'a',
  restart: 'auto',
});

const STEPS = {
  plan: () => ({
    plan: [entry('a', 'add'), entry('b', 'keep')],
    failed: [],
    generation: 3,
    installed: 1,
    unaccounted: { changed: [] as string[], restartNeeded: false },
  }),
  fetch: () => ({ fetched: [fetched('a')], failed: [] as ReconcileOutcome['failed'] }),
  verify: ({ fetched: got }: StepInput) => ({ fetched: got, failed: [] as ReconcileOutcome['failed'] }),
  stage: () => ({ generation: 4, changed: ['a'], restartNeeded: true, installed: 2 }),
  switch: () => ({}),
};

type Steps = { [Name in keyof typeof STEPS]: (input: StepInput) => object };

/** Runs a reconcile whose steps answer as told, and says which of them ran. */
const reconcile = async (steps: Partial<Steps> = {}) => {
  const ran: string[] = [];
  let at = 10;
  const actors = Object.fromEntries(
    Object.entries({ ...STEPS, ...steps }).map(([name, step]) => [
      name,
      fromPromise(async ({ input }: { input: unknown }) => {
        ran.push(name);
        at += 1;
        return { ...step(input as StepInput), at, roll: 0.5 };
      }),
    ]),
  );
  const actor = createActor(reconcileMachine.provide({ actors }), { input: INPUT }).start();
  return { outcome: await toPromise(actor), ran };
};

const failing = (message: string) => () => {
  throw Object.assign(new Error(message), { code: 'INTERNAL', at: 99, roll: 0.25 });
};

const FAILURE = { name: 'a', source: 'local://a', code: 'PLUGIN_NOT_FOUND', message: 'It is not there.' };

describe('a reconcile', () => {
  it('fetches, verifies, stages and switches what the plan asks for, and says what changed', async () => {
    const { outcome, ran } = await reconcile();
    expect(ran).toEqual(['plan', 'fetch', 'verify', 'stage', 'switch']);
    expect(outcome).toEqual({
      changed: ['a'],
      failed: [],
      error: null,
      restartNeeded: true,
      generation: 4,
      installed: 2,
      at: 15,
      roll: 0.5,
    });
  });

  it('does nothing when there is nothing to do', async () => {
    const plan = () => ({ ...STEPS.plan(), plan: [entry('b', 'keep')] });
    const { outcome, ran } = await reconcile({ plan });
    expect(ran).toEqual(['plan']);
    expect(outcome).toMatchObject({ changed: [], restartNeeded: false, generation: 3, installed: 1 });
  });

  it('asks for the restart of a switch that an interrupted one made', async () => {
    const plan = () => ({
      ...STEPS.plan(),
      plan: [entry('b', 'keep')],
      generation: 5,
      unaccounted: { changed: ['b'], restartNeeded: true },
    });
    const { outcome } = await reconcile({ plan });
    expect(outcome).toMatchObject({ changed: ['b'], restartNeeded: true, generation: 5 });
  });

  it('builds nothing when all that was missing could not be fetched', async () => {
    const { outcome, ran } = await reconcile({ fetch: () => ({ fetched: [], failed: [FAILURE] }) });
    expect(ran).toEqual(['plan', 'fetch', 'verify']);
    expect(outcome).toMatchObject({ changed: [], failed: [FAILURE], restartNeeded: false, generation: 3 });
  });

  it('builds nothing from what did not survive verification', async () => {
    const { outcome, ran } = await reconcile({ verify: () => ({ fetched: [], failed: [FAILURE] }) });
    expect(ran).not.toContain('stage');
    expect(outcome.failed).toEqual([FAILURE]);
  });

  it('removes what is no longer declared although nothing had to be fetched', async () => {
    const plan = () => ({ ...STEPS.plan(), plan: [entry('b', 'remove')] });
    const { ran } = await reconcile({ plan, fetch: () => ({ fetched: [], failed: [] }) });
    expect(ran).toEqual(['plan', 'fetch', 'verify', 'stage', 'switch']);
  });

  it.each(['plan', 'fetch', 'verify', 'stage', 'switch'])(
    'settles with the error when it cannot %s, and nothing it built counts',
    async (name) => {
      const { outcome, ran } = await reconcile({ [name]: failing('The disk is full.') });
      expect(ran.at(-1)).toBe(name);
      expect(outcome).toMatchObject({
        error: { code: 'INTERNAL', message: 'The disk is full.' },
        changed: [],
        restartNeeded: false,
        generation: 3,
        at: 99,
      });
    },
  );

  it('stops at once when its workspace leaves the state', async () => {
    let aborted = false;
    const hanging = fromPromise<never, StepInput>(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason as Error);
          });
        }),
    );
    const actor = createActor(reconcileMachine.provide({ actors: { plan: hanging as never } }), {
      input: INPUT,
    }).start();
    actor.stop();
    expect(aborted).toBe(true);
  });
});
