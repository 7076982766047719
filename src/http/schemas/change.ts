import { Type } from 'typebox';
import { AnyJson, Nullable, Words } from './nullable.ts';
import { PlanEntryWire } from './plugins.ts';

/** What becomes of one workspace. */
export const changeFields = {
  name: Type.String(),
  id: Nullable(Type.String()),
  generation: Nullable(Type.Integer({ description: 'of what is there; to send as If-Match with a patch' })),
  changes: Type.Array(
    Type.Object(
      { path: Type.String(), from: AnyJson(), to: AnyJson() },
      { description: 'null means absent' },
    ),
  ),
  plugins: Type.Array(PlanEntryWire, { description: 'those that are not simply kept' }),
  restarts: Words(['yes', 'possibly', 'no'], {
    description: '`possibly`: it depends on what plugins or secrets turn out to hold',
  }),
  restart_why: Nullable(Type.String({ description: 'why, or why not; null when nothing changes' })),
  problem: Nullable(Type.String({ description: 'why it cannot be done, or was not' })),
};
