import type { Armed, ChildMoment, MachineChart, Moment } from '../wire.ts';

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

/** The place of a machine of which only the state is known. */
export const statePlaceOf = (state: string, { edges }: MachineChart): Place => {
  const parts = state.split('.');
  const active = new Set(parts.map((_, index) => parts.slice(0, index + 1).join('.')));
  const possible = edges.filter(
    ({ source, kind }) => kind === 'event' && (source === '' || active.has(source)),
  );
  return {
    active,
    leaf: state,
    last: new Set(),
    possible: new Set(possible.map(({ id }) => id)),
    armed: new Map(),
    step: state,
  };
};

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
