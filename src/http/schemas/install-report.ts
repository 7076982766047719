import { type Static, Type } from 'typebox';
import { Nullable, Words } from './nullable.ts';

const TreeHash = Type.String({ pattern: '^[0-9a-fA-F]{64}$' });

const ReportedPlugin = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 128 }),
  tree_hash: Type.Optional(
    Nullable(
      Type.String({ pattern: '^[0-9a-fA-F]{64}$', description: 'the ETag of its download, unquoted' }),
    ),
  ),
  sha256: Type.Optional(
    Nullable({ ...TreeHash, description: 'another name for `tree_hash`' } as typeof TreeHash),
  ),
  status: Type.Optional(Words(['installed', 'failed'])),
  error: Type.Optional(Nullable(Type.String({ description: 'why it could not be put in place' }))),
});

/** What an agent elsewhere has in place. Complete: a plugin that is not in it is not there. */
export const InstallReportBody = Type.Object(
  {
    generation: Type.Integer({ minimum: 0, description: 'the plugin generation that it speaks of' }),
    plugins: Type.Array(ReportedPlugin, { maxItems: 500 }),
    incarnation: Type.Optional(Type.Integer({ minimum: 1, description: 'as in a beat' })),
  },
  { description: 'Every plugin that is in place, and those that could not be. Other fields are ignored.' },
);

export type InstallReportBody = Static<typeof InstallReportBody>;

export const InstallReportAnswer = Type.Object({
  complete: Type.Boolean({ description: 'whether that is all of the generation in force' }),
  generation: Type.Integer({ description: 'the plugin generation in force' }),
  differences: Type.Array(Type.Object({ name: Type.String(), action: Words(['fetch', 'remove']) })),
});
