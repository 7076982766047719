import { type Static, Type } from 'typebox';
import { changeFields } from './change.ts';
import { AnyJson, Nullable, Words } from './nullable.ts';
import { Connection } from './workspace.ts';

export const ApplyBody = Type.Object(
  {
    set: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
      description: 'which documents belong together; what is removed is looked for in the same set',
    }),
    prune: Type.Optional(
      Type.Boolean({
        description: 'removes workspaces of the set that have no document, and what was added by hand',
      }),
    ),
    dry_run: Type.Optional(Type.Boolean({ description: 'changes nothing' })),
    documents: Type.Array(AnyJson({ description: 'as the body of POST /workspaces' }), {
      maxItems: 5_000,
    }),
  },
  { additionalProperties: false },
);
export type ApplyBody = Static<typeof ApplyBody>;

const Item = Type.Object({
  ...changeFields,
  action: Words(['create', 'update', 'unchanged', 'conflict', 'remove']),
  note: Nullable(
    Type.String({ description: 'what else is worth knowing, e.g. the set that it is taken from' }),
  ),
  done: Type.Boolean({ description: 'it is so now; false for whatever is only planned' }),
  connection: Nullable(Connection),
});

/** What became, or would become, of each document. */
export const Applied = Type.Object({
  set: Type.String(),
  dry_run: Type.Boolean(),
  complete: Type.Boolean({ description: 'all is as written; false for a dry run with anything to do' }),
  items: Type.Array(Item),
});
export type Applied = Static<typeof Applied>;

/** What one document would do. */
export const PlanWire = Type.Object({
  ...changeFields,
  action: Words(['create', 'update', 'unchanged', 'conflict']),
  patch: AnyJson<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description: 'the merge patch that does it; empty for `create`, which takes the document itself',
  }),
});
export type PlanWire = Static<typeof PlanWire>;
