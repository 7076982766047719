import { type Static, Type } from 'typebox';
import { Nullable } from './nullable.ts';

export const MachinesWire = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      description: Nullable(Type.String()),
      states: Type.Integer(),
      transitions: Type.Integer(),
    }),
  ),
});
export type MachinesWire = Static<typeof MachinesWire>;
