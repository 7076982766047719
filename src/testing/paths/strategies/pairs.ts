import type { Edge } from '../explore.ts';
import type { Layout } from '../lay-out.ts';

/**
 * A shortest way over every two goals of steps in a row that are on no earlier way.
 *
 * @param goalsOf What there is to be seen of an edge; empty when nothing.
 * @param holds Whether the machine, led along a way, does what the graph promised. States with the same key are one in
 * the graph, so two edges that follow each other there need not do so.
 */
export const waysOverPairs = (
  { spots, after, isEnd, wayTo }: Layout,
  goalsOf: (edge: Edge) => readonly string[],
  holds: (way: Edge[]) => boolean,
): Edge[][] => {
  const told = new Set<string>();
  const ways: Edge[][] = [];
  for (const spot of spots) {
    for (const first of spot.node.out) {
      const before = goalsOf(first);
      if (before.length === 0) continue;
      const middle = after(spot, first);
      for (const second of middle.node.out) {
        const fresh = goalsOf(second)
          .flatMap((b) => before.map((a) => `${a} → ${b}`))
          .filter((pair) => !told.has(pair));
        if (fresh.length === 0 || !isEnd(after(middle, second))) continue;
        const way = [...wayTo(spot), first, second];
        if (!holds(way)) continue;
        ways.push(way);
        for (const pair of fresh) told.add(pair);
      }
    }
  }
  return ways;
};
