import type { Edge, Node } from '../explore.ts';
import type { Layout, Spot } from '../lay-out.ts';

/**
 * A way over every case in every state and over every two in a row, each followed by whatever shows that it led where
 * it should and not to another state that looks the same: what an implementation remembers wrongly shows only later.
 *
 * After the W-method (Chow, 1978), for implementations with up to one state too many.
 *
 * @returns `more`: how many cases were not looked at, because there are as many ways as there may be
 */
export const waysToProve = (
  { spots, after, isEnd, wayTo }: Layout,
  { paths }: { paths: number },
): { ways: Edge[][]; more: number } => {
  const alike = Map.groupBy(new Set(spots.map(({ node }) => node)), ({ leaf }) => leaf);
  const known = new Map<Node, Edge[][]>();
  const proofsOf = (node: Node): Edge[][] => {
    let proofs = known.get(node);
    if (proofs === undefined) known.set(node, (proofs = tellApart(node, alike.get(node.leaf) ?? [])));
    return proofs;
  };
  const ways: Edge[][] = [];
  let more = 0;
  const prove = (way: Edge[], at: Spot, edge: Edge): void => {
    if (ways.length >= paths) more += 1;
    else if (isEnd(after(at, edge))) {
      const proofs = proofsOf(edge.to);
      ways.push(...(proofs.length === 0 ? [way] : proofs.map((proof) => [...way, ...proof])));
    }
  };
  for (const spot of spots) {
    for (const first of spot.node.out) {
      const way = [...wayTo(spot), first];
      prove(way, spot, first);
      const middle = after(spot, first);
      for (const second of middle.node.out) prove([...way, second], middle, second);
    }
  }
  return { ways, more };
};

/** Ways onward from a state that, together, lead elsewhere from each of the others that can be told apart from it. */
const tellApart = (node: Node, others: readonly Node[]): Edge[][] => {
  const proofs: Edge[][] = [];
  let left = others.filter((other) => other !== node);
  while (left.length > 0) {
    const [other, ...rest] = left as [Node, ...Node[]];
    const proof = shortestDifference(node, other);
    left = rest;
    if (proof === null) continue;
    proofs.push(proof);
    left = left.filter((each) => !differs(proof, each));
  }
  // What begins another proof is shown by it.
  return proofs.filter((proof) => !proofs.some((longer) => longer !== proof && begins(proof, longer)));
};

const begins = (short: readonly Edge[], long: readonly Edge[]): boolean =>
  short.length < long.length && short.every((edge, index) => edge === long[index]);

const sameCase = (node: Node, { case: { name, title } }: Edge): Edge | undefined =>
  node.out.find((edge) => edge.case.name === name && edge.case.title === title);

/** Whether the same cases, from another state, are seen to lead elsewhere. */
const differs = (proof: readonly Edge[], other: Node): boolean => {
  let at = other;
  for (const edge of proof) {
    const taken = sameCase(at, edge);
    if (taken === undefined) return false;
    if (taken.to.leaf !== edge.to.leaf) return true;
    at = taken.to;
  }
  return false;
};

const MOST_PAIRS = 2_000;

/** Null when nothing that may happen tells them apart, or nothing near does. */
const shortestDifference = (node: Node, other: Node): Edge[] | null => {
  type Pair = { a: Node; b: Node; way: Edge[] };
  const met = new Set<string>([`${node.index} ${other.index}`]);
  const queue: Pair[] = [{ a: node, b: other, way: [] }];
  for (const { a, b, way } of queue) {
    for (const edge of a.out) {
      const twin = sameCase(b, edge);
      if (twin === undefined || edge.to === twin.to) continue;
      const onward = [...way, edge];
      if (edge.to.leaf !== twin.to.leaf) return onward;
      const pair = `${edge.to.index} ${twin.to.index}`;
      if (met.has(pair) || met.size >= MOST_PAIRS) continue;
      met.add(pair);
      queue.push({ a: edge.to, b: twin.to, way: onward });
    }
  }
  return null;
};
