import { type Static, Type } from 'typebox';
import { Nullable } from './nullable.ts';
import { PlanEntryWire } from './plugins.ts';

const Summary = Type.Object({
  name: Type.String(),
  description: Nullable(Type.String()),
  problem: Nullable(Type.String({ description: 'why nothing can be made from it' })),
});

export const TemplatesWire = Type.Object({
  items: Type.Array(Summary),
  next_cursor: Nullable(Type.String()),
});
export type TemplatesWire = Static<typeof TemplatesWire>;

/** What a new workspace would get from it. */
export const TemplateWire = Type.Object({
  name: Type.String(),
  description: Nullable(Type.String()),
  version: Nullable(Type.String()),
  runtime: Type.String(),
  agent_runtime: Nullable(Type.String()),
  command: Type.Array(Type.String(), { description: 'empty when the request has to give it' }),
  required_env: Type.Array(Type.String()),
  missing_env: Type.Array(Type.String(), {
    description: 'what neither the template nor a secret of the installation provides',
  }),
  allow_plugins: Nullable(Type.Array(Type.String())),
  plugins: Type.Array(PlanEntryWire, { description: 'what a new workspace would get' }),
  misbehaves: Type.Array(Type.String(), { description: 'by which its agent can be told to misbehave' }),
  problems: Type.Array(Type.Object({ path: Type.String(), message: Type.String() })),
  workspaces: Type.Array(Type.String(), { description: 'names of those that were made from it' }),
});
export type TemplateWire = Static<typeof TemplateWire>;
