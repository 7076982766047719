import { Type } from 'typebox';
import { PUBLIC_STATUSES } from '../../../machines/workspace/types.ts';
import { Moment, Nullable, Words } from './nullable.ts';
import { ReasonWire } from './status.ts';

/** Why a workspace is where it is, in words and as data. */
export const WhyWire = Type.Object({
  text: Type.String({ description: 'for people' }),
  status: Words(PUBLIC_STATUSES),
  state: Type.String(),
  since: Moment,
  rule: Type.String({ description: 'what the state means' }),
  reason: ReasonWire,
  evidence: Nullable(
    Type.Object({
      seq: Type.Integer(),
      at: Moment,
      event: Type.String(),
      from: Nullable(Type.String()),
      to: Type.String(),
    }),
  ),
  next: Type.Array(
    Type.Object({ when: Nullable(Moment), event: Type.String(), to: Type.String(), text: Type.String() }),
  ),
  operator: Type.Array(Type.Object({ verb: Type.String(), command: Type.String(), text: Type.String() })),
});
