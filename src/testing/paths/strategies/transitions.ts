import type { Edge } from '../explore.ts';
import type { Layout } from '../lay-out.ts';

/**
 * A shortest way over every goal that is on no earlier way. Where paths have to end somewhere, the goals are on the
 * steps that arrive there.
 *
 * @param goalsOf What there is to be seen of an edge; empty when nothing.
 */
export const waysOverTransitions = (
  { spots, after, isEnd, wayTo }: Layout,
  goalsOf: (edge: Edge) => readonly string[],
): Edge[][] => {
  const told = new Set<string>();
  const ways: Edge[][] = [];
  for (const spot of spots) {
    for (const edge of spot.node.out) {
      const fresh = goalsOf(edge).filter((goal) => !told.has(goal));
      if (fresh.length === 0 || !isEnd(after(spot, edge))) continue;
      ways.push([...wayTo(spot), edge]);
      for (const goal of fresh) told.add(goal);
    }
  }
  return ways;
};
