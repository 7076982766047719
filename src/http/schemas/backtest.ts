import { type Static, Type } from 'typebox';
import { Moment, Nullable } from './nullable.ts';

const VerdictWire = Type.Object({
  offline_after: Nullable(
    Type.String({
      description: 'null where workspaces have different ones; a lease has two intervals at least',
    }),
  ),
  offlines: Type.Integer(),
  false_offlines: Type.Integer({ description: 'the same incarnation beat again afterwards' }),
  real_offlines: Type.Integer({ description: 'nothing more was heard of that incarnation' }),
  silent_offlines: Type.Integer({ description: 'of the real ones, those whose end nobody saw' }),
  noticed_after: Nullable(
    Type.Object(
      { median_seconds: Type.Number(), worst_seconds: Type.Number() },
      { description: 'from the last beat until a real one was noticed' },
    ),
  ),
});

const verdicts = {
  now: VerdictWire,
  proposed: Type.Unsafe<Static<typeof VerdictWire> | null>({ ...VerdictWire, type: ['object', 'null'] }),
  suggested: VerdictWire,
};

const seen = {
  minutes: Type.Integer({ description: 'in which something was heard, over all workspaces' }),
  beats: Type.Integer(),
  first_at: Nullable(Moment),
  last_at: Nullable(Moment),
  journal_since: Nullable(
    Type.String({ description: 'real ones before are not known: rows of the journal were dropped' }),
  ),
  longest_gap_ms: Type.Integer({ description: 'the longest silence that somebody came back from' }),
};

export const BacktestWire = Type.Object({
  since: Moment,
  until: Moment,
  least_seconds: Type.Number({ description: 'no lease is shorter than two intervals' }),
  seen: Type.Object({ workspaces: Type.Integer(), left_out: Type.Integer(), ...seen }),
  ...verdicts,
  items: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), ...seen, ...verdicts }), {
    description: 'those with the most false ones first',
  }),
});
export type BacktestWire = Static<typeof BacktestWire>;
export type VerdictWire = Static<typeof VerdictWire>;
