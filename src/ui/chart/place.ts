import type { Armed, ChildMoment, Moment } from '../wire.ts';

/** Where a machine is on its chart, and what may come. */
export type Place = {
  active: ReadonlySet<string>;
  leaf: string;
  last: ReadonlySet<string>;
  possible: ReadonlySet<string>;
  /** What is armed, by the edge that it will take. */
  armed: ReadonlyMap<string, Armed>;
  /** Changes with every step, so that the step can be shown. */
  step: string;
};

/** The place of a workspace's own machine. */
export const placeOf = (moment: Moment): Place => ({
  ...placed(moment),
  armed: new Map(moment.armed.flatMap((one) => (one.edge === null ? [] : [[one.edge, one] as const]))),
  step: String(moment.seq),
});

/** The place of a machine that runs inside. */
export const childPlaceOf = (child: ChildMoment): Place => ({
  ...placed(child),
  armed: new Map(),
  step: `${child.id} ${child.state}`,
});

const placed = ({
  active,
  state,
  last_edges,
  possible,
}: Pick<Moment, 'active' | 'state' | 'last_edges' | 'possible'>) => ({
  active: new Set(active),
  leaf: state,
  last: new Set(last_edges),
  possible: new Set(possible.map(({ edge }) => edge)),
});
