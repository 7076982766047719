import { type Static, Type } from 'typebox';
import { policySchema } from '../wire/policy.ts';
import { AnyJson, Nullable } from './nullable.ts';
import { DeclarationWire, PluginList } from './plugins.ts';

const WORKSPACE_NAME = '^[a-z0-9][a-z0-9-]{0,62}$';

/** No NUL: neither a command line nor an environment can hold one. */
const ARGUMENT = '^[^\\u0000]*$';

/** A workspace as people want it: the body of a create, the document of a plan, what a patch must result in. */
export const SpecBody = Type.Object(
  {
    name: Type.String({ pattern: WORKSPACE_NAME }),
    role: Type.Optional(Nullable(Type.String({ maxLength: 200 }))),
    tier: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3, description: '1 (least trusted, default) to 3' }),
    ),
    template: Type.Optional(
      Nullable(
        Type.String({
          pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
          description:
            'its defaults lie under what the body says; plugins, env and policy are joined by name',
        }),
      ),
    ),
    runtime: Type.Optional(Type.String({ maxLength: 40, description: '`process` (default) or `external`' })),
    external: Type.Optional(Type.Boolean({ description: '`true` is the same as runtime `external`' })),
    command: Type.Optional(
      Type.Array(Type.String({ pattern: ARGUMENT, maxLength: 8_192 }), {
        maxItems: 256,
        description: 'program and arguments; required for runtime `process`',
      }),
    ),
    sidecar: Type.Optional(
      Type.Boolean({ description: 'runs the command under `keepwell agent`, which beats for it' }),
    ),
    env: Type.Optional(
      Type.Unsafe<Record<string, string>>({
        type: 'object',
        patternProperties: {
          '^[A-Za-z_][A-Za-z0-9_]*$': { type: 'string', pattern: ARGUMENT, maxLength: 32_768 },
        },
        additionalProperties: false,
        maxProperties: 500,
      }),
    ),
    url: Type.Optional(
      Nullable(Type.String({ maxLength: 2_048, description: 'where the agent can be reached' })),
    ),
    plugins: Type.Optional(PluginList),
    allow_empty: Type.Optional(Type.Boolean({ description: 'lets an empty `plugins` remove every plugin' })),
    policy: Type.Optional(policySchema),
  },
  { additionalProperties: false },
);

export type SpecBody = Static<typeof SpecBody>;

/** A spec as answers show it; it can be sent back as it is. */
export const SpecWire = Type.Object({
  name: Type.String(),
  role: Nullable(Type.String()),
  tier: Type.Integer(),
  template: Nullable(Type.String()),
  runtime: Type.String(),
  command: Type.Array(Type.String()),
  sidecar: Type.Boolean(),
  env: AnyJson<Record<string, string | null>>({
    type: 'object',
    additionalProperties: { type: ['string', 'null'] },
  }),
  url: Nullable(Type.String()),
  plugins: Type.Array(DeclarationWire),
  allow_empty: Type.Boolean(),
  policy: AnyJson<Record<string, string | number>>({ type: 'object', additionalProperties: true }),
});

export type SpecWire = Static<typeof SpecWire>;
