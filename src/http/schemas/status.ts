import { Type } from 'typebox';
import { Nullable } from './nullable.ts';

/** Why something is as it is: a code, a sentence and what a person can do. */
export const ReasonWire = Nullable(
  Type.Object({ code: Type.String(), message: Type.String(), hint: Nullable(Type.String()) }),
);
