import { describe, expect, it } from 'vitest';
import { enqueueActions } from 'xstate';
import type { WorkspaceContext } from '../../machines/workspace/types.ts';
import type { WorkspaceLogic } from '../../src/supervisor/restore.ts';
import { IDLE, openForTest } from './played-agents.ts';
import { type Answer, eventually, offerPlugin } from './program.ts';
import { contradictions, replayed, replayJournal, stored } from './replay.ts';

const MINUTE = 60_000;

type Action = 'armResyncDeadline' | 'resetBudgets' | 'openReconcile';
/** `strikes` names the action that fails, by workspace. */
type Bug = { strikes: Map<string, Action>; place: 'transition' | 'effect' };

/** The machine with a bug in one of its actions. */
const withBug =
  ({ strikes, place }: Bug) =>
  (machine: WorkspaceLogic): WorkspaceLogic => {
    const real = machine.implementations.actions;
    const strike = (action: Action, context: object): void => {
      if (strikes.get((context as WorkspaceContext).workspaceId) === action) throw new Error('a bug of ours');
    };
    /** The real action, after which, or before which, it throws. */
    const struck = (action: Action) => ({
      [action]: enqueueActions(({ context, enqueue }) => {
        if (place === 'transition') strike(action, context);
        enqueue(real[action] as never);
        enqueue(() => strike(action, context));
      }),
    });
    return machine.provide({
      actions: {
        ...struck('openReconcile'),
        ...struck('resetBudgets'),
        ...struck('armResyncDeadline'),
      },
    });
  };

const openWithBug = async (place: Bug['place'] = 'transition') => {
  const bug = new Map<string, Action>();
  const test = await openForTest({ adaptMachine: withBug({ strikes: bug, place }) });
  await offerPlugin(test.program.data, 'tool', { 'tool.py': 'one\n' });
  const createAgent = (name: string): Promise<Answer> =>
    test.create({ name, command: IDLE, plugins: ['local://tool'] });
  const [struck, other] = [await createAgent('struck'), await createAgent('other')];
  for (const { id } of [struck, other]) await test.settle(id);
  const failuresOf = async (id: string): Promise<Answer[]> =>
    (await test.program.api.history(id))
      .filter(({ event }) => event === 'actor.failed')
      .map(({ cause }) => cause);
  return { ...test, bug, struck: struck.id, other: other.id, createAgent, failuresOf };
};

type Bench = Awaited<ReturnType<typeof openWithBug>>;

const parked = ({ program, struck }: Bench): Promise<Answer> =>
  eventually('the workspace being parked', async () => {
    const view = await program.api.view(struck);
    return view.status === 'failed' ? view : null;
  });

const expectReplays = ({ program: { data } }: Bench, id: string) => {
  const steps = replayJournal(data, id);
  expect(contradictions(steps)).toEqual([]);
  expect(replayed(steps)).toEqual(stored(data, id));
};

describe('a workspace whose actor throws in an action', () => {
  it('is rebuilt from its last good snapshot, and whoever asked is told', async () => {
    const bench = await openWithBug();
    const before = await bench.program.api.view(bench.struck);
    bench.bug.set(bench.struck, 'resetBudgets');
    const reply = await bench.program.api.request('POST', `/workspaces/${bench.struck}/restart`);
    expect(reply.status).toBe(500);
    expect(reply.body).toMatchObject({ code: 'INTERNAL', hint: expect.stringMatching(/\w/) });
    bench.bug.clear();

    const after = await bench.settle(bench.struck);
    expect(after).toMatchObject({
      state: 'wanted.online.converged',
      incarnation: before.incarnation,
      restarts: before.restarts,
      restart_pending: false,
    });
    expect(await bench.failuresOf(bench.struck)).toEqual([{ message: 'a bug of ours', inARow: 1 }]);
    expectReplays(bench, bench.struck);
  });

  it.each(['transition', 'effect'] as const)(
    'is parked with a reason after the third time in a row (in its %s), and nobody else notices',
    async (place) => {
      const bench = await openWithBug(place);
      const { api } = bench.program;
      const before = await api.view(bench.other);
      bench.bug.set(bench.struck, 'armResyncDeadline');
      await bench.pass(3 * MINUTE);
      const view = await parked(bench);
      expect(view.reason).toMatchObject({ code: 'internal-error', hint: expect.stringContaining('retry') });
      expect(view.reason.message).toContain('a bug of ours');
      expect((await bench.failuresOf(bench.struck)).map(({ inARow }) => inARow)).toEqual([1, 2, 3]);
      expect((await api.get(`/workspaces/${bench.struck}/why`)).reason.code).toBe('internal-error');

      expect(await bench.settle(bench.other)).toMatchObject({
        incarnation: before.incarnation,
        restarts: before.restarts,
        reason: null,
      });
      expect(await bench.failuresOf(bench.other)).toEqual([]);
      expect((await api.request('GET', '/readyz')).status).toBe(200);
      const third = await bench.createAgent('third');
      expect(await bench.settle(third.id)).toMatchObject({ state: 'wanted.online.converged' });
      for (const id of [bench.struck, bench.other, third.id]) expectReplays(bench, id);
    },
  );

  it('goes on after `retry` once the cause is gone, also after the supervisor was restarted', async () => {
    const bench = await openWithBug();
    bench.bug.set(bench.struck, 'armResyncDeadline');
    await bench.pass(3 * MINUTE);
    await parked(bench);
    await bench.program.restartSupervisor();
    expect((await bench.program.api.view(bench.struck)).reason.code).toBe('internal-error');

    bench.bug.clear();
    await bench.program.api.post(`/workspaces/${bench.struck}/retry`);
    const view = await bench.settle(bench.struck);
    expect(view).toMatchObject({ status: 'online', state: 'wanted.online.converged', reason: null });
    expect(view.plugins).toMatchObject({ declared: 1, installed: 1, failed: 0 });
    expectReplays(bench, bench.struck);
  });

  it('keeps the spec it had when it fails over a change of it', async () => {
    const bench = await openWithBug();
    bench.bug.set(bench.struck, 'openReconcile');
    const reply = await bench.patch(bench.struck, { role: 'other', policy: { resync_every: '5m' } });
    expect(reply).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    expect(await parked(bench)).toMatchObject({ generation: 1, role: null });

    bench.bug.clear();
    await bench.program.restartSupervisor();
    expect(await bench.program.api.view(bench.struck)).toMatchObject({ generation: 1, role: null });
    await bench.program.api.post(`/workspaces/${bench.struck}/retry`);
    await bench.settle(bench.struck);
    expect((await bench.patch(bench.struck, { role: 'other' })).status).toBe(200);
    expect(await bench.settle(bench.struck)).toMatchObject({ generation: 2, observed_generation: 2 });
    expectReplays(bench, bench.struck);
  });

  it('is told from one that fails now and then: only failures in a row count', async () => {
    const bench = await openWithBug();
    for (let times = 1; times <= 4; times += 1) {
      bench.bug.set(bench.struck, 'resetBudgets');
      await bench.program.api.request('POST', `/workspaces/${bench.struck}/restart`);
      bench.bug.clear();
      expect(await bench.settle(bench.struck)).toMatchObject({ state: 'wanted.online.converged' });
      await bench.pass(11 * MINUTE);
    }
    expect((await bench.failuresOf(bench.struck)).map(({ inARow }) => inARow)).toEqual([1, 1, 1, 1]);
  });
});
