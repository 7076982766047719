import { type Static, Type } from 'typebox';
import { Moment, Nullable } from './nullable.ts';

const Target = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  on: Type.Array(Type.String()),
  pending: Type.Integer(),
  problem: Nullable(Type.String()),
  next_try_at: Nullable(Moment),
  delivered_at: Nullable(Moment),
  dead: Type.Integer(),
});

const DeadLetter = Type.Object({
  id: Type.String(),
  target: Type.String(),
  incident: Type.String(),
  at: Moment,
  given_up_at: Nullable(Moment),
  tries: Type.Integer(),
  problem: Nullable(Type.String()),
  text: Type.String(),
});

/** Whom notices go to, and those that were given up. */
export const NotifyWire = Type.Object({ targets: Type.Array(Target), dead_letters: Type.Array(DeadLetter) });
export type NotifyWire = Static<typeof NotifyWire>;
