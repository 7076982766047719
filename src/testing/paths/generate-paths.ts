import type { AnyStateMachine } from 'xstate';
import { type Edge, explore, type Graph } from './explore.ts';
import { findState } from './find-state.ts';
import { type Layout, layOut } from './lay-out.ts';
import { realise, type Untitled } from './realise.ts';
import { createStateWords } from './state-words.ts';
import { createStepper } from './stepper.ts';
import { waysOverPairs } from './strategies/pairs.ts';
import { waysToProve } from './strategies/proofs.ts';
import { shortestWays } from './strategies/shortest.ts';
import { simpleWays } from './strategies/simple.ts';
import { waysOverTransitions } from './strategies/transitions.ts';
import { titlePaths } from './title-paths.ts';
import type { Cut, PathOptions, Paths } from './types.ts';
import { visibleEdges } from './visible.ts';

/**
 * Paths through a machine, from its beginning, found by walking the machine itself: its effects, timers and invoked
 * actors never run; what they come to is among the events of a path.
 *
 * - `shortest`: one to every state, told apart by `key`.
 * - `simple`: all that meet no state twice.
 * - `transitions`: one over every transition that no earlier path takes.
 * - `pairs`: one over every two transitions in a row.
 * - `proofs`: over every case in every state and every two in a row, each followed by what tells the state that it leads
 *   to from those that look the same. Finds what is remembered wrongly; with `ignored`, and for up to some hundred states.
 *
 * A path that another one begins with is left out. Same machine and options, same paths in the same order.
 *
 * @param options.to With `transitions` and `pairs`: those whose last step arrives there; with `proofs`, before the proof.
 * @param options.limits What they leave out is told in `cut`, never thrown.
 * @throws {KeepwellError} `MACHINE_BREAKS`, `MACHINE_STATE_UNKNOWN`
 */
export const generatePaths = (machine: AnyStateMachine, options: PathOptions): Paths => {
  const { states = 20_000, paths: most = 10_000, steps = 50 } = options.limits ?? {};
  const to = options.to?.map((name) => findState(machine, name)) ?? null;
  const through = (options.through ?? []).map((name) => findState(machine, name));
  const stepper = createStepper(machine);
  const graph = explore(stepper, { ...options, limits: { states, steps } });
  const layout = layOut(graph, to, through);
  const led = (way: readonly Edge[]): Untitled | null => realise(way, { graph, stepper, options });
  const { ways, more } = waysOf(options.strategy, layout, {
    goalsOf: goals(machine, options.ignored === true),
    holds: (way) => led(way) !== null,
    limits: { paths: most, steps },
  });
  const inReach = ways.filter((way) => way.length <= steps);
  const longest = withoutBeginnings(inReach);
  const kept = longest.slice(0, most).map(led);
  const paths = kept.filter((path) => path !== null);
  return {
    machine: machine.id,
    strategy: options.strategy,
    starts: graph.starts.map(({ start }) => start),
    paths: titlePaths(paths, { words: createStateWords(machine), starts: graph.starts }),
    cut: [
      ...cutsOf(graph, { states, steps }),
      ...cut('steps', steps, ways.length - inReach.length, (n) => `${n} longer than ${steps} steps`),
      ...cut('paths', most, longest.length - kept.length, (n) => `${n} beyond the first ${most}`),
      ...cut('paths', most, more ?? 0, (n) => `${n} or more beyond the first ${inReach.length}`),
      ...cut(
        'key',
        0,
        kept.length - paths.length,
        (n) => `${n} that the machine does not follow; ${KEY_HINT}`,
      ),
    ],
    walked: { states: graph.nodes.length, cases: graph.size },
  };
};

const KEY_HINT = '`key` leaves out something that decides what happens next';

const waysOf = (
  strategy: PathOptions['strategy'],
  layout: Layout,
  given: {
    goalsOf: (edge: Edge) => readonly string[];
    holds: (way: Edge[]) => boolean;
    limits: { paths: number; steps: number };
  },
): { ways: Edge[][]; more: number | null } => {
  switch (strategy) {
    case 'shortest':
      return { ways: shortestWays(layout), more: null };
    case 'simple':
      return simpleWays(layout, given.limits);
    case 'transitions':
      return { ways: waysOverTransitions(layout, given.goalsOf), more: null };
    case 'pairs':
      return { ways: waysOverPairs(layout, given.goalsOf, given.holds), more: null };
    case 'proofs':
      return waysToProve(layout, given.limits);
    default:
      return strategy satisfies never;
  }
};

/** What is to be seen of an edge: the transitions it takes; where it takes none, that it does not, if that is wanted. */
const goals = (machine: AnyStateMachine, ignored: boolean): ((edge: Edge) => readonly string[]) => {
  const visible = visibleEdges(machine);
  const known = new WeakMap<Edge, readonly string[]>();
  return (edge) => {
    let found = known.get(edge);
    if (found === undefined) {
      found = edge.edges.filter((id) => visible.has(id));
      if (ignored && !edge.moved) found = [`${edge.from.leaf}|${edge.case.name}|ignored`];
      known.set(edge, found);
    }
    return found;
  };
};

/** A way that another one begins with is walked with it. */
const withoutBeginnings = (ways: Edge[][]): Edge[][] => {
  const numbers = new Map<Edge, number>();
  const numberOf = (edge: Edge): number => {
    const known = numbers.get(edge) ?? numbers.size;
    numbers.set(edge, known);
    return known;
  };
  const beginnings = new Set<string>();
  const ids = ways.map((way) => {
    let id = '';
    for (const edge of way) {
      if (id !== '') beginnings.add(id);
      id += `${numberOf(edge)},`;
    }
    return id;
  });
  return ways.filter((_, index) => !beginnings.has(ids[index] as string));
};

const cutsOf = ({ unfollowed }: Graph, limits: { states: number; steps: number }): Cut[] => [
  ...cut(
    'states',
    limits.states,
    unfollowed.states,
    (n) => `what ${n} states beyond the first ${limits.states} lead to`,
  ),
  ...cut('steps', limits.steps, unfollowed.steps, (n) => `what ${n} states at ${limits.steps} steps lead to`),
];

const cut = (limit: Cut['limit'], at: number, left: number, words: (n: number) => string): Cut[] =>
  left > 0 ? [{ limit, at, left, text: `left out: ${words(left)}` }] : [];
