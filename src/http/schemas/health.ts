import { type Static, Type } from 'typebox';
import { AnyJson, Moment, Nullable, Words } from './nullable.ts';

export const HealthWire = Type.Object({
  status: Words(['ok', 'impaired']),
  ready: Type.Boolean(),
  problems: Type.Array(Type.String()),
  notices: Type.Array(Type.String(), { description: 'not as always, and yet no problem' }),
  store: Type.Object({
    writable: Type.Boolean(),
    since: Nullable(Moment),
    problem: Nullable(Type.String()),
    pending: Type.Integer(),
  }),
  workspaces: AnyJson<Record<string, number>>({ type: 'object', additionalProperties: { type: 'integer' } }),
  last_seq: Type.Integer(),
  started_at: Moment,
  uptime_seconds: Type.Number(),
  version: Type.String(),
});
export type HealthWire = Static<typeof HealthWire>;
