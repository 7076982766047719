import { describe, expect, it } from 'vitest';
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { edgeIdOf } from '../../machines/describe/edge-id.ts';
import { walk } from '../../machines/walk.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { openBench } from './bench.ts';

const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
  ...Object.values(node.states).flatMap(transitionsOf),
];

/** Every edge of the machine, by id. */
const edges = new Set(transitionsOf(workspaceMachine.root).map(edgeIdOf));

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a moment', () => {
  it('of now names the states it is in, the edges it took, what is armed and where that leads', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const moment = bench.supervisor.moment(id, null);
    expect(moment).toMatchObject({
      machine: 'workspace',
      live: true,
      exact: true,
      state: 'wanted.online.converged',
      active: ['wanted', 'wanted.online', 'wanted.online.converged'],
      status: 'online',
      children: [],
      declared: 0,
    });
    expect(moment.armed.map(({ name, move }) => [name, move?.to])).toEqual([
      ['resyncAt', 'wanted.online.reconciling'],
      ['lease', 'wanted.offline'],
    ]);
    const named = [
      ...moment.lastEdges,
      ...moment.possible.map(({ edge }) => edge),
      ...moment.armed.map(({ move }) => move?.edge ?? 'none'),
    ];
    expect(named.length).toBeGreaterThan(10);
    for (const edge of named) expect(edges, edge).toContain(edge);
  });

  it('shows the machine that runs inside, in the state it is in, and tells whoever listens of each step', async () => {
    const bench = await openBench();
    const id = await bench.create({ plugins: [{ name: 'a', source: 'local://a' }] });
    const seen = new Set<string>();
    const stop = bench.supervisor.onStep((workspaceId) => {
      if (workspaceId !== id) return;
      for (const child of bench.supervisor.moment(id, null).children) {
        expect(child).toMatchObject({ id: 'reconcile', machine: 'reconcile', active: [child.state] });
        seen.add(child.state);
      }
    });
    await bench.settle(id);
    stop();
    // That it began is a transition of the workspace itself, of which the journal tells.
    expect([...seen]).toEqual(['fetching', 'verifying', 'staging', 'switching']);
  });

  it('of any row of the journal is what the workspace was like then', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: [{ name: 'a', source: 'local://a' }] });
    const before = bench.supervisor.moment(id, null);
    await bench.beat(id, { errorRate: 0.9 });
    await bench.act(id, 'pause');
    await bench.act(id, 'resume');
    const then = bench.supervisor.moment(id, before.seq);
    expect(then).toMatchObject({ live: false, exact: true, seq: before.seq, at: before.at, declared: null });
    const comparable = ({
      state,
      status,
      since,
      reason,
      lastEdges,
      plugins,
      incarnation,
      generation,
    }: typeof then) => plain({ state, status, since, reason, lastEdges, plugins, incarnation, generation });
    expect(comparable(then)).toEqual(comparable(before));

    for (const row of bench.journal(id)) {
      const moment = bench.supervisor.moment(id, row.seq);
      expect([row.seq, moment.state, moment.exact]).toEqual([row.seq, row.to, true]);
      expect(moment.why.text).toMatch(/^[A-Z][a-z ]+ since /);
      if (row.event === 'plugins.planned')
        expect(moment.children.map(({ state }) => state)).toEqual(['planning']);
    }
  });

  it('of a workspace that was removed can still be seen', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const before = bench.supervisor.moment(id, null);
    await bench.supervisor.remove(id, { purge: false });
    await bench.calm();
    expect(bench.supervisor.moment(id, before.seq).state).toBe('wanted.online.converged');
    expect(bench.supervisor.moment(id, null)).toMatchObject({ state: 'removed', live: false, armed: [] });
  });

  it('is known through restarts of the supervisor and through a parked and retried state', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.restartSupervisor();
    await bench.beat(id);
    await bench.restartSupervisor(() =>
      bench.behindItsBack((db) => db.prepare('UPDATE snapshots SET snapshot = ?').run('{"broken":')),
    );
    await bench.act(id, 'retry');
    await bench.settle(id);
    for (const row of bench.journal(id).filter(({ kind }) => kind === 'transition')) {
      const { state, exact } = bench.supervisor.moment(id, row.seq);
      expect([row.seq, state, exact]).toEqual([row.seq, row.to, true]);
    }
  });

  it('is found from the nearest checkpoint in a long life, and refused where the journal has forgotten it', async () => {
    const bench = await openBench();
    const id = await bench.online();
    for (let turn = 0; turn < 130; turn += 1) {
      await bench.supervisor.act(id, 'reconcile');
      await bench.calm();
    }
    const rows = bench.journal(id);
    expect(rows.length).toBeGreaterThan(260);
    const middle = rows[250] as (typeof rows)[number];
    expect(bench.store.checkpoint(id, middle.seq)?.seq).toBeGreaterThan(rows[150]?.seq ?? 0);
    expect(bench.supervisor.moment(id, middle.seq)).toMatchObject({ state: middle.to, exact: true });
    bench.behindItsBack((db) => {
      db.exec('DELETE FROM checkpoints');
      db.exec('UPDATE journal_sizes SET dropped = 5');
    });
    expect(() => bench.supervisor.moment(id, middle.seq)).toThrow(
      expect.objectContaining({ code: 'MOMENT_NOT_KNOWN' }),
    );
    expect(bench.supervisor.moment(id, null).live).toBe(true);
  });
});

describe('the path to a moment', () => {
  it('leads the machine there again, from its beginning', async () => {
    const bench = await openBench();
    const id = await bench.online();
    await bench.beat(id, { wedged: true });
    const path = bench.supervisor.path(id, null);
    const walked = walk(workspaceMachine, path.start);
    for (const { cause, to } of path.steps) {
      walked.take(cause as { type: string });
      expect(walked.state).toBe(to);
    }
    expect(walked.state).toBe('wanted.degraded');
    expect(plain(walked.snapshot.context)).toEqual(
      JSON.parse(
        bench.behindItsBack(
          (db) => db.prepare<[], string>('SELECT snapshot FROM snapshots').pluck().get() ?? '',
        ),
      ).context,
    );
  });
});

describe('the fleet', () => {
  it('is told whole first, then only what changed, who beat and who is gone', async () => {
    const bench = await openBench();
    const [a, b] = [await bench.online(), await bench.online()];
    await bench.pass(1_000);
    const first = bench.supervisor.fleet(null);
    expect(first).toMatchObject({ whole: true, removed: [], beats: [] });
    expect(first.entries.map(({ view }) => view.id).toSorted()).toEqual([a, b].toSorted());

    await bench.pass(1_000);
    const quiet = bench.supervisor.fleet(first.mark);
    expect(quiet).toMatchObject({ whole: false, entries: [], beats: [], removed: [] });

    await bench.pass(1_000);
    await bench.beat(a);
    const beaten = bench.supervisor.fleet(quiet.mark);
    expect(beaten).toMatchObject({ whole: false, entries: [], beats: [{ id: a }] });

    await bench.act(b, 'pause');
    const changed = bench.supervisor.fleet(beaten.mark);
    expect(changed.entries.map(({ view }) => [view.id, view.status])).toEqual([[b, 'paused']]);

    await bench.supervisor.remove(b, { purge: false });
    await bench.calm();
    expect(bench.supervisor.fleet(changed.mark).removed).toEqual([b]);
  });

  it('is told whole to whoever was last told by an earlier supervisor, or by nobody', async () => {
    const bench = await openBench();
    await bench.online();
    const { mark } = bench.supervisor.fleet(null);
    await bench.pass(1_000);
    await bench.restartSupervisor();
    for (const old of [mark, 'nonsense', '1-2-3']) expect(bench.supervisor.fleet(old).whole).toBe(true);
  });

  it('counts the restarts of the last day', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const restart = async () => {
      await bench.act(id, 'restart');
      await bench.settle(id);
    };
    await restart();
    await bench.pass(13 * 3_600_000);
    await bench.settle(id);
    const soFar = () => bench.supervisor.fleet(null).entries[0]?.restartsOfDay ?? 0;
    const earlier = soFar();
    await restart();
    expect(soFar()).toBe(earlier + 1);
  });
});

describe('what the supervisor shows of itself', () => {
  it('is how much is armed, what is due next, its loops, and why silence is not judged', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const calm = bench.supervisor.inside();
    expect(calm.leases).toMatchObject({ armed: 1 });
    expect(calm.deadlines).toMatchObject({
      armed: 1,
      next: [{ workspace: bench.view(id).spec.name, name: 'resyncAt' }],
    });
    expect(calm.loops.map(({ name }) => name)).toEqual(['presence', 'drift', 'garbage']);
    expect(calm.judgement.held).toBe(false);

    await bench.restartSupervisor();
    expect(bench.supervisor.inside().judgement).toMatchObject({
      held: true,
      reason: expect.stringContaining('just started'),
    });
    await bench.pass(200_000);
    expect(bench.supervisor.inside().judgement.held).toBe(false);
    expect(bench.supervisor.inside().loops[0]?.lastAt).toBeGreaterThan(0);
  });
});
