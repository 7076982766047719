import { Type } from 'typebox';

/** The path of one workspace. */
export const WorkspaceParams = Type.Object({ id: Type.String({ description: 'id or name of a workspace' }) });

export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({ description: 'the generation that is to be changed, and no other' }),
  ),
});
