import { describe, expect, it } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { leafOf } from '../../machines/walk.ts';
import { fillIn } from '../../machines/workspace/fill-in.ts';
import { DEFAULT_POLICY } from '../../machines/workspace/policy.ts';
import { reasons } from '../../machines/workspace/reasons.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { whyOf } from '../../src/supervisor/why.ts';
import { exploreMachine, leafOfKey, type Snapshot } from '../machines/model.ts';

const NOW = 1_060_000;

const whyIn = (snapshot: Snapshot) =>
  whyOf({ name: 'demo', snapshot, leaseEnd: NOW + 30_000, led: null, now: NOW });

const everyLeaf = [
  ...new Map([...exploreMachine().nodes.values()].map(({ key, snapshot }) => [leafOfKey(key), snapshot])),
];

const everyNode = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(everyNode),
];

describe('why', () => {
  it.each(everyLeaf)(
    'explains %s in sentences, with what comes next and what can be done',
    (leaf, snapshot) => {
      const why = whyIn(snapshot);
      expect(why.state).toBe(leaf);
      expect(why.rule).toMatch(/^[A-Z].*\.$/);
      expect(why.text).toContain(why.rule);
      expect(why.text).toMatch(/ since \d\d:\d\d:\d\d, for \d+ /);
      expect(why.text).not.toMatch(/undefined|null|NaN|\[object/);
      expect(why.next.every(({ text }) => / /.test(text) && !text.endsWith('.'))).toBe(true);
      expect(why.operator.every(({ text }) => / /.test(text))).toBe(true);
      if (snapshot.context.deadline !== null) expect(why.next.some(({ when }) => when !== null)).toBe(true);
      if (leaf !== 'removed') expect(why.next.length + why.operator.length).toBeGreaterThan(0);
      const mayRemove = !leaf.startsWith('remov');
      expect(why.operator.some(({ command }) => command === 'keepwell rm demo')).toBe(mayRemove);
    },
  );

  it('names the state to which each next move leads, as the machine defines it', () => {
    const [, online] = everyLeaf.find(([leaf]) => leaf === 'wanted.online.converged') ?? [];
    const why = whyIn(online as Snapshot);
    expect(leafOf(online?.value)).toBe('wanted.online.converged');
    expect(why.next).toContainEqual(
      expect.objectContaining({ event: 'resyncAt', to: 'wanted.online.reconciling' }),
    );
  });

  it('tells a crashed workspace as a person would: since when, why, how often, when next, and what can be done', () => {
    const [, offline] = everyLeaf.find(([leaf]) => leaf === 'wanted.offline') ?? [];
    const { context } = offline as Snapshot;
    const crashed = {
      ...(offline as Snapshot),
      context: {
        ...context,
        policy: DEFAULT_POLICY,
        since: NOW - 20_000,
        crashedAt: [NOW - 300_000, NOW - 100_000, NOW - 20_000],
        plugins: { ...context.plugins, restartedAt: [] },
        reason: reasons.leaseExpired(NOW - 201_000, NOW - 20_000, 30_000),
        deadline: { name: 'restartAt', at: NOW + 20_000 },
      },
    } as Snapshot;
    const clock = (at: number) => new Date(at).toTimeString().slice(0, 8);
    expect(whyIn(crashed).text).toBe(
      [
        `Offline since ${clock(NOW - 20_000)}, for 20 s.`,
        'Its last beat was 181 s before; it was asked for one every 30 s.',
        'Its agent went silent or its process is gone; a restart is due after a pause.',
        'It went down 3 times within 30 min; the next start is the third of 5 tries.',
        `It is restarted at ${clock(NOW + 20_000)} (in 20 s).`,
        `Restart budget: 3 of 5 within 30 min used; the oldest is forgotten at ${clock(NOW + 1_500_000)}.`,
        'It is restarted by itself; `keepwell logs` may show why it is silent.',
        '`keepwell retry demo` starts it now.',
      ].join(' '),
    );
  });
});

describe('every state', () => {
  const transitions = everyNode(workspaceMachine.root).flatMap((node) =>
    [...node.transitions.values()]
      .flat()
      .filter(({ target, actions }) => target !== undefined || actions.length > 0),
  );

  it('has a description, and what its meta says can be filled in', () => {
    const { context } = (everyLeaf[0] as [string, Snapshot])[1];
    for (const node of everyNode(workspaceMachine.root)) {
      expect(node.description, node.id).toMatch(/^[A-Z].*\.$/);
      if (node.meta !== undefined)
        expect(fillIn(node.meta.why, context, NOW), node.id).toMatch(/^[A-Z][^{}]*\.$/);
    }
  });

  it('says of every deadline, lease and act of an operator what it does', () => {
    const told = transitions.filter(({ eventType }) => /^(deadline|lease|operator)\./.test(eventType));
    expect(told.length).toBeGreaterThan(30);
    expect(
      told
        .filter(({ description }) => description === undefined)
        .map((one) => `${one.source.id} ${one.eventType}`),
    ).toEqual([]);
  });
});
