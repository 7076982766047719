import { type Static, Type } from 'typebox';
import { PUBLIC_STATUSES } from '../../../machines/workspace/types.ts';
import { Moment, Nullable, Words } from './nullable.ts';
import { BlockedWire, HeldWire } from './plugins.ts';
import { ReasonWire } from './status.ts';
import { WhyWire } from './why.ts';

const Edge = Type.Object({ edge: Type.String(), event: Type.String(), target: Nullable(Type.String()) });

const inMachine = {
  machine: Type.String({ description: 'whose chart GET /machines/:name/chart draws' }),
  state: Type.String(),
  active: Type.Array(Type.String(), { description: 'the states it is in, outermost first' }),
  last_edges: Type.Array(Type.String(), { description: 'what the last transition took, in order' }),
  possible: Type.Array(Edge, { description: 'what may be taken next' }),
};

/** A workspace as it is, or as it was when a row of its journal was written. */
export const MomentWire = Type.Object({
  ...inMachine,
  seq: Type.Integer({ description: 'of the row of the journal that led here' }),
  at: Moment,
  live: Type.Boolean(),
  exact: Type.Boolean({
    description: 'false where an earlier version wrote the journal and this one would decide otherwise',
  }),
  event: Nullable(Type.String()),
  from: Nullable(Type.String()),
  status: Words(PUBLIC_STATUSES),
  since: Moment,
  incarnation: Type.Integer(),
  generation: Type.Integer(),
  reason: ReasonWire,
  armed: Type.Array(
    Type.Object({
      name: Type.String({ description: 'a deadline, or `lease`' }),
      at: Moment,
      edge: Nullable(Type.String()),
      to: Nullable(Type.String()),
    }),
  ),
  children: Type.Array(Type.Object({ id: Type.String(), ...inMachine })),
  plugins: Type.Object({
    declared: Nullable(Type.Integer({ description: 'null for a moment that is over' })),
    installed: Type.Integer(),
    generation: Type.Integer(),
    good: Type.Integer(),
    probation_until: Nullable(Moment),
    pending: Type.Boolean(),
    blocked: Type.Array(BlockedWire),
    held: Type.Array(HeldWire),
  }),
  why: WhyWire,
});
export type MomentWire = Static<typeof MomentWire>;
