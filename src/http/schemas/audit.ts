import { type Static, Type } from 'typebox';
import { AnyJson, Moment, Nullable } from './nullable.ts';

const text = () => Nullable(Type.String());

/** One act, or refused try. */
export const AuditRow = Type.Object({
  seq: Type.Integer({ description: 'rises by one with every row' }),
  at: Moment,
  who: Type.Object({ kind: Type.String(), via: text(), id: text(), name: text() }),
  from: text(),
  what: Type.String({ description: 'method and path, or what Keepwell did by itself' }),
  workspace: Nullable(Type.Object({ id: Type.String(), name: text() })),
  request: text(),
  status: Nullable(Type.Integer({ description: 'null where it was never answered' })),
  code: text(),
  details: AnyJson(),
  hash: Type.String(),
});
export type AuditRow = Static<typeof AuditRow>;

export const AuditPage = Type.Object({
  items: Type.Array(AuditRow),
  next_cursor: text(),
  head: Type.Object({ seq: Type.Integer(), hash: Type.String() }, { description: 'to be kept elsewhere' }),
});
export type AuditPage = Static<typeof AuditPage>;
