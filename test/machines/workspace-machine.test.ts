import { describe, expect, it } from 'vitest';
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { leafOf } from '../../machines/walk.ts';
import { renewsLeaseOnly } from '../../machines/workspace/beat.ts';
import {
  allStateNodes,
  allTransitions,
  allWaysIntoOnline,
  missing,
  printTally,
  transitionsTaken,
} from './coverage.ts';
import { BEATS, eventsIn, exploreMachine, keyOf, leafOfKey, next } from './model.ts';

const model = exploreMachine();
const states = [...model.nodes.values()];
const nodeOf = (key: string) => model.nodes.get(key) as (typeof states)[number];

describe('the workspace machine as a text', () => {
  it('describes every state', () => {
    expect(
      allStateNodes()
        .filter(({ description }) => !description)
        .map(({ id }) => id),
    ).toEqual([]);
  });

  it('names every guard and every action', () => {
    const nameless = allStateNodes().flatMap((node) =>
      everyActionAndGuard(node).filter((used) => typeof used !== 'string' && typeof used.type !== 'string'),
    );
    expect(nameless).toEqual([]);
  });

  it('has no timers: every wait is a moment in its context', () => {
    expect(allStateNodes().flatMap(({ after }) => after)).toEqual([]);
  });

  it('listens to exactly the events that exist', () => {
    const declared = new Set(
      states
        .flatMap(({ snapshot }) => eventsIn(snapshot).map(({ type }) => type))
        .filter((type) => !type.startsWith('xstate.')),
    );
    const heard = new Set(
      allStateNodes()
        .flatMap((node) => [...node.transitions.keys()])
        .filter((type) => type !== '' && !type.startsWith('xstate.')),
    );
    expect([...heard].toSorted()).toEqual([...declared].toSorted());
  });

  it('enters online at its beginning, never in its middle', () => {
    const intoTheMiddle = [...allTransitions()].filter(
      (name) => / -> wanted\.online\./.test(name) && !name.startsWith('wanted.online.'),
    );
    expect(intoTheMiddle).toEqual([]);
  });
});

describe('the workspace machine, walked', () => {
  it('is covered by the walk: every state, every transition, every way into online', () => {
    const leaves = allStateNodes().filter(({ type }) => type === 'atomic' || type === 'final');
    const settledLeaves = leaves
      .map(({ path }) => path.join('.'))
      .filter((path) => path !== 'wanted.starting');
    const stateTally = {
      all: new Set(settledLeaves),
      covered: new Set(states.map(({ key }) => leafOfKey(key))),
    };
    const taken = new Set(
      model.edges.flatMap(({ from, event }) => transitionsTaken(nodeOf(from).snapshot, event)),
    );
    const initial = new Set([...allTransitions()].filter((name) => name.startsWith('wanted.starting:')));
    const transitionTally = { all: allTransitions(), covered: new Set([...taken, ...initial]) };
    const waysTally = { all: allWaysIntoOnline(), covered: taken };
    console.log(`model: ${model.nodes.size} states of machine and context, ${model.edges.length} edges`);
    printTally('states', stateTally);
    printTally('transitions', transitionTally);
    printTally('ways into online', waysTally);
    expect(missing(stateTally)).toEqual([]);
    expect(missing(transitionTally)).toEqual([]);
    expect(missing(waysTally)).toEqual([]);
  });

  it('begins exactly one reconcile with every entry into online, and none anywhere else', () => {
    for (const { from, event, to } of model.edges) {
      const before = nodeOf(from).snapshot;
      const after = next(before, event);
      const entered = after.context.reconcile.run - before.context.reconcile.run;
      const reconciles = leafOf(after.value) === 'wanted.online.reconciling' ? 1 : 0;
      const reenters = entered === 1;
      if (reconciles === 1 && !reenters) expect(before.value).toEqual(after.value);
      if (reenters) expect([to, leafOf(after.value)]).toEqual([to, 'wanted.online.reconciling']);
      expect(entered).toBeLessThanOrEqual(1);
    }
  });

  it('gives every reconcile that began exactly one outcome before the next one begins', () => {
    for (const { from, event } of model.edges) {
      const before = nodeOf(from).snapshot;
      const after = next(before, event);
      const inReconcile = leafOf(after.value) === 'wanted.online.reconciling';
      expect(after.context.reconcile.outcome === 'running').toBe(inReconcile);
      const leftOpen = before.context.reconcile.outcome === 'running' && !inReconcile;
      if (leftOpen) expect(['settled', 'failed', 'superseded']).toContain(after.context.reconcile.outcome);
    }
  });

  it('lets the gate hold back only beats that change nothing', () => {
    let proofs = 0;
    for (const { snapshot } of states) {
      if (snapshot.status === 'done') continue;
      for (const beat of BEATS) {
        if (!renewsLeaseOnly(snapshot.tags, beat)) continue;
        const event = { type: 'heartbeat.received', beat, errorRate: 0.7, at: 2_000_000, roll: 0.1 };
        expect(next(snapshot, event), `${keyOf(snapshot)} and a ${beat} beat`).toEqual(snapshot);
        proofs += 1;
      }
    }
    console.log(`gate proofs              ${proofs}`);
    expect(proofs).toBeGreaterThan(states.length);
  });

  it('holds back every healthy beat of a workspace that is online', () => {
    const online = states.filter(({ key }) => leafOfKey(key).startsWith('wanted.online'));
    const heldBack = online.filter(({ snapshot }) => renewsLeaseOnly(snapshot.tags, 'recovered'));
    expect(heldBack).toHaveLength(online.length);
  });

  it('never lets a number go back', () => {
    for (const { from, event } of model.edges) {
      const before = nodeOf(from).snapshot.context;
      const after = next(nodeOf(from).snapshot, event).context;
      for (const number of ['incarnation', 'endedIncarnation', 'generation', 'restarts'] as const) {
        expect(after[number], `${number}, by ${event.type}`).toBeGreaterThanOrEqual(before[number]);
      }
      expect(after.restart.wanted).toBeGreaterThanOrEqual(before.restart.wanted);
    }
  });

  it('knows no way out of removed', () => {
    const ends = states.filter(({ snapshot }) => snapshot.status === 'done');
    expect(ends.map(({ key }) => leafOfKey(key))).toEqual(ends.map(() => 'removed'));
    for (const { from, to } of model.edges) {
      if (leafOfKey(from) === 'removing') expect(['removing', 'removed']).toContain(leafOfKey(to));
    }
  });

  it('waits nowhere without an owner: a deadline, a lease, an agent or an operator', () => {
    for (const { snapshot, key } of states) {
      if (snapshot.status === 'done') continue;
      const hasOwner =
        snapshot.context.deadline !== null ||
        snapshot.hasTag('leased') ||
        snapshot.hasTag('hears-all') ||
        ['resting.paused', 'resting.hibernated'].includes(leafOfKey(key));
      expect(hasOwner, key).toBe(true);
    }
  });

  it('never starts an incarnation while a restart request stays unserved', () => {
    for (const { from, event } of model.edges) {
      const before = nodeOf(from).snapshot.context;
      const after = next(nodeOf(from).snapshot, event).context;
      if (after.incarnation > before.incarnation) expect(after.restart.served).toBe(after.restart.wanted);
    }
  });

  it('comes back from every state to the same phase when the supervisor was away', () => {
    for (const { snapshot, key } of states) {
      if (snapshot.status === 'done') continue;
      const resumed = next(snapshot, {
        type: 'supervisor.resumed',
        at: 2_000_000,
        roll: 0.5,
        policy: snapshot.context.policy,
      });
      const phase = (leaf: string) => leaf.replace(/^wanted\.online\..*/, 'wanted.online');
      expect(phase(leafOf(resumed.value)), key).toBe(phase(leafOfKey(key)));
    }
  });
});

const everyActionAndGuard = (node: AnyStateNode): (string | { type?: unknown })[] => {
  const transitions: AnyTransitionDefinition[] = [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
  ];
  return [
    ...node.entry,
    ...node.exit,
    ...transitions.flatMap(({ actions, guard }) => [...actions, ...(guard === undefined ? [] : [guard])]),
  ] as (string | { type?: unknown })[];
};
