import type { Edge } from '../explore.ts';
import type { Layout, Spot } from '../lay-out.ts';

const MOST_LOOKED_AT = 300_000;

/** Ways that meet no state twice, the shortest first, and how many more there are at least; null: none. */
export const simpleWays = (
  layout: Layout,
  { paths, steps }: { paths: number; steps: number },
): { ways: Edge[][]; more: number | null } => {
  const { spots, after, isEnd } = layout;
  const toGo = distancesToEnd(layout);
  const ways: Edge[][] = [];
  type Way = { at: Spot; edge: Edge | null; before: Way | null; length: number };
  const queue: Way[] = spots
    .filter(({ via }) => via === null)
    .map((at) => ({ at, edge: null, before: null, length: 0 }));
  for (let index = 0; index < queue.length; index++) {
    const way = queue[index] as Way;
    if (way.edge !== null && isEnd(way.at)) {
      if (ways.length === paths) return { ways, more: queue.length - index };
      const edges: Edge[] = [];
      for (let each: Way | null = way; each?.edge != null; each = each.before) edges.push(each.edge);
      ways.push(edges.toReversed());
    }
    if (queue.length > MOST_LOOKED_AT) continue;
    for (const edge of way.at.node.out) {
      if (isOn(way, edge)) continue;
      const at = after(way.at, edge);
      if (way.length + 1 + (toGo.get(at) ?? Number.POSITIVE_INFINITY) > steps) continue;
      queue.push({ at, edge, before: way, length: way.length + 1 });
    }
  }
  return { ways, more: queue.length > MOST_LOOKED_AT ? queue.length - MOST_LOOKED_AT : null };
};

const isOn = (way: { at: Spot; before: unknown }, { to }: Edge): boolean => {
  for (let each: typeof way | null = way; each !== null; each = each.before as typeof way | null) {
    if (each.at.node === to) return true;
  }
  return false;
};

const distancesToEnd = ({ spots, after, isEnd }: Layout): Map<Spot, number> => {
  const into = new Map<Spot, Spot[]>();
  for (const spot of spots) {
    for (const edge of spot.node.out) {
      const to = after(spot, edge);
      const list = into.get(to);
      if (list === undefined) into.set(to, [spot]);
      else list.push(spot);
    }
  }
  const distances = new Map(spots.filter(isEnd).map((spot) => [spot, 0]));
  for (const [spot, distance] of distances) {
    for (const from of into.get(spot) ?? []) if (!distances.has(from)) distances.set(from, distance + 1);
  }
  return distances;
};
