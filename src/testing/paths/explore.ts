import type { ActorLogic, AnyMachineSnapshot } from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import { leafOf } from '../../../machines/walk.ts';
import { casesIn } from './cases-in.ts';
import type { Stepper } from './stepper.ts';
import type { Case, Start, WorldOptions } from './types.ts';

/** States with the same key are one node; the first that was found, which is a nearest one, stands for all. */
export type Node = {
  index: number;
  snapshot: AnyMachineSnapshot;
  leaf: string;
  /** Where it was found from; null at a start. */
  via: Edge | null;
  start: Start;
  out: Edge[];
};

export type Edge = {
  from: Node;
  to: Node;
  /** What it led to; the node it belongs to may be represented by another one. */
  result: AnyMachineSnapshot;
  case: Case;
  edges: readonly string[];
  moved: boolean;
};

export type Graph = {
  starts: { start: Start; node: Node; edges: readonly string[] }[];
  /** Nearest first. */
  nodes: Node[];
  /** How many edges there are. */
  size: number;
  /** States that were reached and not followed: for there being too many, and for being too far away. */
  unfollowed: { states: number; steps: number };
};

type Happening = { type: string };

/** Walks a machine breadth first, over every case in every state. */
export const explore = (
  stepper: Stepper,
  options: WorldOptions & { limits: { states: number; steps: number } },
): Graph => {
  const { starts = [{ title: 'it', input: undefined }], key = wholeKey, limits } = options;
  const graph: Graph = { starts: [], nodes: [], size: 0, unfollowed: { states: 0, steps: 0 } };
  const byKey = new Map<string, Node>();
  const keys = new WeakMap<AnyMachineSnapshot, string>();
  const keyOf = (snapshot: AnyMachineSnapshot): string => {
    let known = keys.get(snapshot);
    // A name that looks like a number would come first in XState's map.
    if (known === undefined) keys.set(snapshot, (known = `=${key(snapshot)}`));
    return known;
  };

  for (const start of starts) {
    const { snapshot: first, edges } = stepper.begin(start);
    const known = byKey.get(keyOf(first));
    if (known !== undefined) {
      graph.starts.push({ start, node: known, edges });
      continue;
    }
    const adjacency = walkFrom(first, {
      stepper,
      options,
      keyOf,
      graph,
      isKnown: (at) => byKey.has(at),
      limits,
    });
    for (const [at, { state }] of adjacency) {
      if (byKey.has(at)) continue;
      const node = {
        index: graph.nodes.length,
        snapshot: state,
        leaf: leafOf(state.value),
        via: null,
        start,
        out: [],
      };
      byKey.set(at, node);
      graph.nodes.push(node);
    }
    const root = byKey.get(keyOf(first)) as Node;
    graph.starts.push({ start, node: root, edges });
    for (const [at, { taken }] of adjacency) {
      const from = byKey.get(at) as Node;
      for (const { result, edges, moved, case: one } of taken) {
        const to = byKey.get(keyOf(result)) as Node;
        const edge: Edge = { from, to, result, case: one, edges, moved };
        from.out.push(edge);
        graph.size += 1;
        if (to.via === null && to !== root && to.start === start) to.via = edge;
      }
    }
  }
  return graph;
};

type Adjacency = Record<
  string,
  {
    state: AnyMachineSnapshot;
    transitions: Record<string, { event: Happening; state: AnyMachineSnapshot }>;
  }
>;
type Met = { state: AnyMachineSnapshot; taken: Omit<Edge, 'from' | 'to'>[] };

const walkFrom = (
  first: AnyMachineSnapshot,
  {
    stepper,
    options,
    keyOf,
    graph: { unfollowed, nodes },
    isKnown,
    limits,
  }: {
    stepper: Stepper;
    options: WorldOptions;
    keyOf: (snapshot: AnyMachineSnapshot) => string;
    graph: Graph;
    isKnown: (key: string) => boolean;
    limits: { states: number; steps: number };
  },
): [key: string, met: Met][] => {
  const depths = new WeakMap<AnyMachineSnapshot, number>([[first, 0]]);
  const caseOf = new Map<Happening, { number: number; case: Case; edges: readonly string[] }>();
  let followed = nodes.length;
  const logic = {
    transition(snapshot: AnyMachineSnapshot, event: Happening) {
      const { snapshot: after, edges } = stepper.take(snapshot, event);
      (caseOf.get(event) as { edges: readonly string[] }).edges = edges;
      if (!depths.has(after)) depths.set(after, (depths.get(snapshot) ?? 0) + 1);
      return after;
    },
  } as unknown as ActorLogic<AnyMachineSnapshot, Happening>;
  const adjacency = getAdjacencyMap(logic, {
    fromState: first,
    serializeState: keyOf,
    // Two cases may be told apart by their titles alone.
    serializeEvent: (event) => `=${caseOf.get(event)?.number}`,
    events: (snapshot) =>
      casesIn(snapshot, options).map((one, number) => {
        caseOf.set(one.event, { number, case: one, edges: [] });
        return one.event;
      }),
    stopWhen: (snapshot) => {
      if (snapshot.status !== 'active' || isKnown(keyOf(snapshot))) return true;
      if ((depths.get(snapshot) ?? 0) >= limits.steps) unfollowed.steps += 1;
      else if (followed >= limits.states) unfollowed.states += 1;
      else {
        followed += 1;
        return false;
      }
      return true;
    },
  });
  return Object.entries(adjacency as Adjacency).map(([at, { state, transitions }]) => [
    at,
    {
      state,
      taken: Object.values(transitions).map(({ event, state: result }) => {
        const { case: one, edges } = caseOf.get(event) as { case: Case; edges: readonly string[] };
        return { result, case: one, edges, moved: result !== state };
      }),
    },
  ]);
};

const wholeKey = ({ value, context, historyValue }: AnyMachineSnapshot): string =>
  JSON.stringify([
    value,
    context,
    Object.entries(historyValue ?? {}).map(([at, nodes]) => [at, nodes.map(({ id }) => id)]),
  ]);
