import { type Static, Type } from 'typebox';
import type { RestartPreference, Tracking } from '../../../machines/workspace/spec.ts';
import { AnyJson, Moment, Nullable, Words } from './nullable.ts';

const RESTART: readonly RestartPreference[] = ['never', 'auto', 'always'];
const TRACKING: readonly Tracking[] = ['manual', 'auto'];

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
  track: Type.Optional(
    Words(TRACKING, {
      description: '`auto` installs what its reference moves to; `manual` (default) tells of it',
    }),
  ),
  config: Type.Optional(
    AnyJson<Record<string, unknown>>({
      type: 'object',
      description:
        'handed to the agent as it is, in KEEPWELL_PLUGIN_CONFIG; one that runs elsewhere reads it from ' +
        '/workspaces/:id/plugins/declared',
    }),
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
  track: Type.Optional(Words(TRACKING)),
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

export const HeldWire = Type.Object({
  name: Type.String(),
  source: Type.String(),
  revision: Nullable(Type.String()),
  tree_hash: Type.String(),
  why: Words(['quarantined', 'suspected', 'rolled-back']),
  since: Moment,
});

export const OutdatedWire = Type.Object({
  workspace_id: Type.String(),
  workspace: Type.String(),
  name: Type.String(),
  source: Type.String(),
  installed: Type.String({ description: 'a revision where the source has such a thing, else a tree hash' }),
  latest: Type.String(),
  checked_at: Moment,
  dismissed: Type.Boolean(),
});

export const PluginsWire = Type.Object({
  declared: Type.Array(DeclarationWire),
  installed: Type.Object({ generation: Type.Integer(), plugins: Type.Array(InstalledWire) }),
  blocked: Type.Array(BlockedWire),
  held: Type.Array(HeldWire, { description: 'declared, but not to be installed' }),
  outdated: Type.Array(OutdatedWire),
});

export const PlanEntryWire = Type.Object({
  name: Type.String(),
  action: Words(['keep', 'add', 'update', 'remove', 'hold']),
  why: Type.String(),
  restart: Type.Boolean({ description: 'whether it can make a restart due' }),
  resolved: Nullable(
    Type.Object(
      { revision: Nullable(Type.String()), tree_hash: Nullable(Type.String()) },
      { description: 'what its reference stands for now; null where nobody looked' },
    ),
  ),
  declaration: Nullable(DeclarationWire),
  installed: Nullable(InstalledWire),
});

export const PluginPlanWire = Type.Object({
  items: Type.Array(PlanEntryWire),
  restarts: Words(['yes', 'possibly', 'no'], {
    description: '`possibly`: it depends on what plugins turn out to hold',
  }),
  restart_why: Type.String(),
});
