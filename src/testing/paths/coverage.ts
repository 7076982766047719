import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { everyNode } from '../../../machines/describe/describe-machine.ts';
import { edgeIdOf, nodeIdOf } from '../../../machines/describe/edge-id.ts';
import type { Coverage, Path, Paths, Tally } from './types.ts';
import { visibleEdges, visibleTransitions } from './visible.ts';

/**
 * What paths cover of all that a machine's definition has: leaf states, transitions (edge ids), and pairs `a → b` of
 * transitions in consecutive steps.
 *
 * Transitions of which nothing can be seen do not count. A state that is left at once counts when it is left. Which
 * pairs there are is read from the definition alone, guards aside: not all of them need be possible.
 */
export const coverage = (paths: Paths | readonly Path[], machine: AnyStateMachine): Coverage => {
  const list = 'paths' in paths ? paths.paths : paths;
  const visible = visibleEdges(machine);
  const taken = list.map(({ startEdges, steps }) => [startEdges, ...steps.map(({ edges }) => edges)]);
  const transitions = new Set(taken.flat(2).filter((id) => visible.has(id)));
  const pairs = new Set(
    taken
      .flatMap((path) =>
        path
          .slice(1)
          .flatMap((after, index) =>
            index === 0
              ? []
              : pairsOf(path[index] ?? [], after).filter(([a, b]) => visible.has(a) && visible.has(b)),
          ),
      )
      .map(pairId),
  );
  return {
    states: tally(leavesOf(machine), leavesOn(list, taken.flat(2), machine)),
    transitions: tally(visible, transitions),
    pairs: tally(new Set([...possiblePairs(machine), ...pairs]), pairs),
  };
};

const tally = (all: Set<string>, covered: Set<string>): Tally => ({ all, covered });

const pairsOf = (before: readonly string[], after: readonly string[]): [a: string, b: string][] =>
  before.flatMap((a) => after.map((b): [string, string] => [a, b]));

const pairId = ([a, b]: [string, string]): string => `${a} → ${b}`;

const isLeaf = ({ type }: AnyStateNode): boolean => type === 'atomic' || type === 'final';

const leavesOf = (machine: AnyStateMachine): Set<string> =>
  new Set([...everyNode(machine.root)].filter(isLeaf).map(nodeIdOf));

const leavesOn = (
  paths: readonly Path[],
  edges: readonly string[],
  machine: AnyStateMachine,
): Set<string> => {
  const all = leavesOf(machine);
  const named = new Set(
    paths
      .flatMap(({ from, steps }) => [from, ...steps.map(({ to }) => to)])
      .flatMap((leaf) => leaf.split(',')),
  );
  // Within a parallel state only the first region is written with its whole path.
  const isNamed = (leaf: string): boolean =>
    named.has(leaf) ||
    leaf.split('.').some((_, index, parts) => index > 0 && named.has(parts.slice(index).join('.')));
  const left = new Set(edges.map((id) => id.split('|')[0]));
  return new Set([...all].filter((leaf) => isNamed(leaf) || left.has(leaf)));
};

/** Pairs whose second transition starts in a state that may be active after the first one. */
const possiblePairs = (machine: AnyStateMachine): string[] => {
  const all = visibleTransitions(machine);
  const seconds = all.filter(
    ({ eventType }) => eventType !== '' && !eventType.startsWith('xstate.done.state.'),
  );
  return all.flatMap((first) => {
    const active = activeAfter(first);
    return seconds
      .filter(({ source }) => active.has(source))
      .map((second) => pairId([edgeIdOf(first), edgeIdOf(second)]));
  });
};

const activeAfter = ({ source, target }: AnyTransitionDefinition): Set<AnyStateNode> => {
  const active = new Set<AnyStateNode>();
  const targets = target ?? [];
  for (const node of targets) enter(node, active);
  // Where nothing is entered, everything in and around its source may be active.
  if (targets.length === 0) around(source, everyNode(source), active);
  // What is left at once leads on.
  for (const node of active) {
    for (const { target: next } of [
      ...(node.always ?? []),
      ...(node.transitions.get(`xstate.done.state.${node.id}`) ?? []),
    ]) {
      for (const each of next ?? []) enter(each, active);
    }
  }
  return active;
};

const enter = (node: AnyStateNode, active: Set<AnyStateNode>): void =>
  node.type === 'history'
    ? around(node.parent as AnyStateNode, everyNode(node.parent as AnyStateNode), active)
    : around(node, beginningOf(node), active);

function* beginningOf(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  const next = node.type === 'parallel' ? Object.values(node.states) : (node.initial?.target ?? []);
  if (node.type === 'compound' || node.type === 'parallel') for (const each of next) yield* beginningOf(each);
}

/** What lies around a state is active with it, and so is, in the other regions of a parallel state, anything. */
const around = (node: AnyStateNode, within: Iterable<AnyStateNode>, active: Set<AnyStateNode>): void => {
  for (const each of within) active.add(each);
  for (let at = node; at.parent !== undefined; at = at.parent) {
    active.add(at.parent);
    if (at.parent.type !== 'parallel') continue;
    for (const region of Object.values(at.parent.states) as AnyStateNode[]) {
      if (region !== at) for (const each of everyNode(region)) active.add(each);
    }
  }
};
