import type { Edge, Graph, Node } from './explore.ts';

/** A node together with how many of the states to pass through lie behind. */
export type Spot = { node: Node; stage: number; via: { edge: Edge; from: Spot } | null; steps: number };

/** The graph as a path meets it that has to end in, and pass through, certain states. */
export type Layout = {
  /** Nearest first. */
  spots: Spot[];
  /** Where an edge leads from a spot. */
  after(spot: Spot, edge: Edge): Spot;
  /** Whether a path that has all it should pass through behind it may end here. */
  isEnd(spot: Spot): boolean;
  /** Whether all that is to be passed through lies behind. */
  isThrough(spot: Spot): boolean;
  /** A shortest way to a spot. */
  wayTo(spot: Spot): Edge[];
};

/** @param to Dotted paths of states; null for any. @param through Dotted paths of states, in order. */
export const layOut = (graph: Graph, to: readonly string[] | null, through: readonly string[]): Layout => {
  const within = graph.nodes.map(
    ({ snapshot }) => new Set(snapshot._nodes.map(({ path }) => path.join('.'))),
  );
  const isIn = (node: Node, state: string): boolean => within[node.index]?.has(state) === true;
  const ends = graph.nodes.map((node) => to === null || to.some((state) => isIn(node, state)));
  const advance = (stage: number, node: Node): number => {
    let reached = stage;
    while (reached < through.length && isIn(node, through[reached] as string)) reached += 1;
    return reached;
  };
  const known = new Map<number, Spot>();
  const spots: Spot[] = [];
  const visit = (node: Node, stage: number, via: Spot['via']): void => {
    const id = stage * graph.nodes.length + node.index;
    if (known.has(id)) return;
    const spot: Spot = { node, stage, via, steps: via === null ? 0 : via.from.steps + 1 };
    known.set(id, spot);
    spots.push(spot);
  };
  for (const { node } of graph.starts) visit(node, advance(0, node), null);
  for (const spot of spots) {
    for (const edge of spot.node.out) visit(edge.to, advance(spot.stage, edge.to), { edge, from: spot });
  }
  return {
    spots,
    after: ({ stage }, { to: node }) =>
      known.get(advance(stage, node) * graph.nodes.length + node.index) as Spot,
    isThrough: ({ stage }) => stage === through.length,
    isEnd: ({ node, stage }) => stage === through.length && ends[node.index] === true,
    wayTo: (spot) => {
      const way: Edge[] = [];
      for (let at = spot; at.via !== null; at = at.via.from) way.push(at.via.edge);
      return way.toReversed();
    },
  };
};
