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
  const { starts = [{ title: 'it', input: undefined }], key = wholeKey } = options;
  const graph: Graph = { starts: [], nodes: [], size: 0, unfollowed: { states: 0, steps: 0 } };
  const byKey = new Map<string, Node>();
  const nodeOf = (snapshot: AnyMachineSnapshot, start: Start): Node => {
    const at = key(snapshot);
    let node = byKey.get(at);
    if (node === undefined) {
      const leaf = leafOf(snapshot.value);
      node = { index: graph.nodes.length, snapshot, leaf, via: null, start, out: [] };
      byKey.set(at, node);
      graph.nodes.push(node);
    }
    return node;
  };
  for (const start of starts) {
    const { snapshot, edges } = stepper.begin(start);
    const known = graph.nodes.length;
    const root = nodeOf(snapshot, start);
    graph.starts.push({ start, node: root, edges });
    if (root.index === known) walkFrom(root, { stepper, options, graph, nodeOf });
  }
  return graph;
};

const walkFrom = (
  root: Node,
  {
    stepper,
    options,
    graph,
    nodeOf,
  }: {
    stepper: Stepper;
    options: Parameters<typeof explore>[1];
    graph: Graph;
    nodeOf: (snapshot: AnyMachineSnapshot, start: Start) => Node;
  },
): void => {
  const { limits } = options;
  const bySnapshot = new Map([[root.snapshot, { node: root, steps: 0 }]]);
  const results = new Map<object, AnyMachineSnapshot>();
  let followed = root.index;

  /** Takes every case in a state; returns the events that lead to states not seen before. */
  const takeAll = (snapshot: AnyMachineSnapshot): Happening[] => {
    const { node: from, steps } = bySnapshot.get(snapshot) as { node: Node; steps: number };
    return casesIn(snapshot, options).flatMap((one) => {
      const { snapshot: result, edges } = stepper.take(snapshot, one.event);
      const known = graph.nodes.length;
      const to = result === snapshot ? from : nodeOf(result, root.start);
      const edge: Edge = { from, to, result, case: one, edges, moved: result !== snapshot };
      from.out.push(edge);
      graph.size += 1;
      if (to.index < known) return [];
      to.via = edge;
      bySnapshot.set(result, { node: to, steps: steps + 1 });
      results.set(one.event, result);
      return [one.event];
    });
  };

  const isEnd = (snapshot: AnyMachineSnapshot): boolean => {
    if (snapshot.status !== 'active') return true;
    if ((bySnapshot.get(snapshot)?.steps ?? 0) >= limits.steps) graph.unfollowed.steps += 1;
    else if (followed >= limits.states) graph.unfollowed.states += 1;
    else {
      followed += 1;
      return false;
    }
    return true;
  };

  // XState's queue gets only what is new: with every edge in it, taking from its front costs as much as all the rest.
  const logic = { transition: (_: AnyMachineSnapshot, event: Happening) => results.get(event) } as unknown;
  getAdjacencyMap(logic as ActorLogic<AnyMachineSnapshot, Happening>, {
    fromState: root.snapshot,
    serializeState: (snapshot) => `=${bySnapshot.get(snapshot)?.node.index}`,
    serializeEvent: () => '',
    events: takeAll,
    stopWhen: isEnd,
  });
};

const wholeKey = ({ value, context, historyValue }: AnyMachineSnapshot): string =>
  JSON.stringify([
    value,
    context,
    Object.entries(historyValue ?? {}).map(([at, nodes]) => [at, nodes.map(({ id }) => id)]),
  ]);
