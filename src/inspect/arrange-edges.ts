import type { EdgeDescription } from '../../machines/describe/describe-transitions.ts';

/** Transitions that share one arrow: they begin and end alike. */
export type Arrow = { id: string; source: string; target: string; isStart: boolean; edges: EdgeDescription[] };

export type Arrangement = {
  /** By the state they stand in; empty: the root. */
  lines: Map<string, EdgeDescription[]>;
  arrows: Arrow[];
};

/** Decides which transitions become arrows, which share one, and which become text in the box of their source. */
export const arrangeEdges = (edges: readonly EdgeDescription[]): Arrangement => {
  const lines = Map.groupBy(edges.filter(isLine), ({ source }) => source);
  const drawn = edges.filter((edge) => !isLine(edge));
  const groups = Map.groupBy(drawn, ({ source, target, kind }) => JSON.stringify([source, target, kind === 'initial']));
  const arrows = [...groups.values()].map((group): Arrow => {
    const { id, source, target, kind } = group[0] as EdgeDescription;
    return { id, source, target: target ?? '', isStart: kind === 'initial', edges: group };
  });
  return { lines, arrows };
};

/** An arrow says nothing where something stays where it is, or where one of its ends lies within the other. */
const isLine = ({ source, target, kind }: EdgeDescription): boolean =>
  target === null || (kind !== 'initial' && (isWithin(target, source) || isWithin(source, target)));

/** Whether a state is another one, or lies within it. Everything lies within the root. */
export const isWithin = (id: string, outer: string): boolean =>
  outer === '' || id === outer || id.startsWith(`${outer}.`);
