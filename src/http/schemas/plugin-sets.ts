import { type Static, Type } from 'typebox';
import type { RestartPreference } from '../../../machines/workspace/spec.ts';
import { Moment, Nullable, Words } from './nullable.ts';
import { OutdatedWire, PluginObject } from './plugins.ts';

const RESTART: readonly RestartPreference[] = ['never', 'auto', 'always'];

/** The plugin generations that are still there. */
export const GenerationsWire = Type.Object({
  items: Type.Array(
    Type.Object({
      generation: Type.Integer(),
      built_at: Nullable(Moment),
      restored_from: Nullable(Type.Integer({ description: 'whose plugins a rollback put in force again' })),
      in_force: Type.Boolean(),
      good: Type.Boolean({
        description: 'the last one with which the agent stayed online for its probation',
      }),
      changed: Type.Array(Type.String(), { description: 'what differs from the generation before it' }),
      plugins: Type.Array(
        Type.Object({
          name: Type.String(),
          source: Type.String(),
          revision: Nullable(Type.String()),
          tree_hash: Type.String(),
        }),
      ),
    }),
  ),
});
export type GenerationsWire = Static<typeof GenerationsWire>;

/** Exactly which plugins are in force. */
export const PluginLock = Type.Object({
  generation: Type.Integer({ description: 'the plugin generation in force; 0 when there is none' }),
  plugins: Type.Array(
    Type.Object({
      name: Type.String(),
      source: Type.String(),
      revision: Nullable(Type.String({ description: 'what the reference resolved to' })),
      tree_hash: Type.String(),
      core_hash: Type.String({
        description: 'the same without SKILL.md: while it is equal, no restart is due',
      }),
      restart: Words(RESTART, { description: 'as declared, or as the plugin says' }),
    }),
  ),
});
export type PluginLock = Static<typeof PluginLock>;

export const OutdatedList = Type.Object({ items: Type.Array(OutdatedWire) });
export type OutdatedList = Static<typeof OutdatedList>;

export const UpdatesBegun = Type.Object({
  begun: Type.Array(Type.Object({ workspace: Type.String(), plugins: Type.Array(Type.String()) })),
  refused: Type.Array(Type.Object({ workspace: Type.String(), problem: Type.String() })),
});
export type UpdatesBegun = Static<typeof UpdatesBegun>;

/** Plugins that can be declared by name. */
export const RegistryWire = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      source: Type.String(),
      version: Nullable(Type.String()),
      description: Nullable(Type.String()),
      problem: Nullable(Type.String({ description: 'why its plugin.yaml cannot be read' })),
    }),
  ),
});
export type RegistryWire = Static<typeof RegistryWire>;

/** Kinds of sources. */
export const SourcesWire = Type.Object({
  allow: Nullable(Type.Array(Type.String(), { description: 'patterns; null allows every source' })),
  items: Type.Array(
    Type.Object({
      kind: Type.String(),
      form: Type.String(),
      pin: Type.String(),
      available: Type.Boolean(),
      problem: Nullable(Type.String()),
    }),
  ),
});
export type SourcesWire = Static<typeof SourcesWire>;

/** One more plugin. */
export const AddPluginBody = Type.Object(
  {
    ...PluginObject.properties,
    replace: Type.Optional(Type.Boolean({ description: 'takes the place of the plugin of the same name' })),
  },
  { additionalProperties: false },
);
export type AddPluginBody = Static<typeof AddPluginBody>;
