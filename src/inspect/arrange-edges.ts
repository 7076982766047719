import type { EdgeDescription } from '../../machines/describe/describe-transitions.ts';

/** Transitions that begin and end alike share one arrow. */
export type Arrow = {
  id: string;
  source: string;
  target: string;
  isStart: boolean;
  edges: EdgeDescription[];
};

export type Arrangement = {
  /** What stands as text in each state's box, in the order in which it is tried; empty: the root. */
  rows: Map<string, EdgeDescription[]>;
  arrows: Arrow[];
};

/** Decides which transitions stand as text in the box of their source, and which have an arrow. */
export const arrangeEdges = (edges: readonly EdgeDescription[]): Arrangement => {
  const drawn = Map.groupBy(edges.filter(hasArrow), ({ source, target, kind }) =>
    JSON.stringify([source, target, kind === 'initial']),
  );
  return {
    rows: Map.groupBy(edges.filter(hasRow), ({ source }) => source),
    arrows: [...drawn.values()].map((group): Arrow => {
      const { id, source, target, kind } = group[0] as EdgeDescription;
      return { id, source, target: target ?? '', isStart: kind === 'initial', edges: group };
    }),
  };
};

/** An arrow says nothing where something stays where it is, or where one of its ends lies within the other. */
const hasArrow = ({ source, target, kind }: EdgeDescription): boolean =>
  target !== null && (kind === 'initial' || !(isWithin(target, source) || isWithin(source, target)));

/** Where a state begins, and what a history state begins with, the arrow alone says. */
const hasRow = (edge: EdgeDescription): boolean =>
  edge.kind !== 'initial' && !(edge.kind === 'history' && hasArrow(edge));

/** Whether a state is another one, or lies within it. Everything lies within the root. */
const isWithin = (id: string, outer: string): boolean =>
  outer === '' || id === outer || id.startsWith(`${outer}.`);
