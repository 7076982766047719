import { type Static, Type } from 'typebox';
import type { RestartPreference } from '../../../machines/workspace/spec.ts';
import { AnyJson, Moment, Nullable, Words } from './nullable.ts';

const RESTART: readonly RestartPreference[] = ['never', 'auto', 'always'];

const fields = {
  source: Type.String({
    minLength: 1,
    maxLength: 2_048,
    description: '`local://name` or `git+https://…[//path]#ref`',
  }),
  name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: 'default: what the source says' }),
  ),
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{64}$', description: 'expected tree hash' })),
  restart: Type.Optional(Words(RESTART)),
  config: Type.Optional(
    AnyJson<Record<string, unknown>>({ type: 'object', description: 'handed to the plugin as it is' }),
  ),
};

/** One plugin as it is declared: its source alone, or an object. */
export const PluginObject = Type.Object(fields, { additionalProperties: false });
export type PluginObject = Static<typeof PluginObject>;

const PluginInput = Type.Unsafe<string | PluginObject>({
  ...PluginObject,
  type: ['string', 'object'],
  minLength: 1,
  maxLength: 2_048,
});

export const PluginList = Type.Array(PluginInput, { maxItems: 200 });

/** A declaration in its normal form. */
export const DeclarationWire = Type.Object({
  name: Type.String(),
  source: Type.String(),
  sha256: Type.Optional(Type.String()),
  restart: Type.Optional(Words(RESTART)),
  config: Type.Optional(AnyJson<Record<string, unknown>>()),
});

export const DeclaredWire = Type.Object({
  generation: Type.Integer(),
  allow_empty: Type.Boolean(),
  plugins: Type.Array(DeclarationWire),
});

export const DeclareBody = Type.Object(
  {
    plugins: PluginList,
    allow_empty: Type.Optional(Type.Boolean({ description: 'lets an empty list remove every plugin' })),
  },
  { additionalProperties: false },
);

const InstalledWire = Type.Object({
  name: Type.String(),
  source: Type.String(),
  revision: Nullable(Type.String({ description: 'what the reference resolved to' })),
  tree_hash: Type.String(),
  actual_hash: Nullable(Type.String({ description: 'of the bytes on disk now; null when unreadable' })),
  intact: Type.Boolean(),
  restart: Words(RESTART),
});

export const BlockedWire = Type.Object({
  name: Type.String(),
  source: Type.String(),
  code: Type.String(),
  message: Type.String(),
  attempt: Type.Integer(),
  retry_at: Moment,
});

export const PluginsWire = Type.Object({
  declared: Type.Array(DeclarationWire),
  installed: Type.Object({ generation: Type.Integer(), plugins: Type.Array(InstalledWire) }),
  blocked: Type.Array(BlockedWire),
});

export const PluginPlanWire = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      action: Words(['keep', 'add', 'update', 'remove']),
      why: Type.String(),
      restart: Type.Boolean({ description: 'whether it can make a restart due' }),
      declaration: Nullable(DeclarationWire),
      installed: Nullable(InstalledWire),
    }),
  ),
});
