import { type Static, Type } from 'typebox';
import type { WorkspaceAccess } from '../../../machines/workspace/container.ts';
import { policySchema } from '../wire/policy.ts';
import { AnyJson, Nullable } from './nullable.ts';
import { DeclarationWire, PluginList } from './plugins.ts';

const WORKSPACE_NAME = '^[a-z0-9][a-z0-9-]{0,62}$';

/** No NUL: neither a command line nor an environment can hold one. */
const ARGUMENT = '^[^\\u0000]*$';

const VARIABLE = '^[A-Za-z_][A-Za-z0-9_]*$';

const variables = (options: object = {}) =>
  Type.Unsafe<Record<string, string>>({
    type: 'object',
    patternProperties: { [VARIABLE]: { type: 'string', pattern: ARGUMENT, maxLength: 32_768 } },
    additionalProperties: false,
    maxProperties: 500,
    ...options,
  });

/** What is not said follows from the tier. */
const ContainerBody = Type.Object(
  {
    workspace_access: Type.Optional(
      Type.Unsafe<WorkspaceAccess>({
        enum: ['none', 'read_only', 'read_write'],
        description: 'how it sees /workspace; default `none` in tier 1, `read_write` above',
      }),
    ),
    network: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]*$',
        maxLength: 200,
        description: 'a network of the engine; default: the setting `docker_network`',
      }),
    ),
    cpus: Type.Optional(Type.Number({ minimum: 0.01, maximum: 1_024 })),
    memory_mb: Type.Optional(Type.Integer({ minimum: 6, maximum: 16_777_216 })),
    pids: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_194_304 })),
    privileged: Type.Optional(
      Type.Boolean({ description: 'takes tier 3 and the setting `docker_allow_privileged`' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'what a container is given; has a meaning for runtime `docker`',
  },
);
export type ContainerBody = Static<typeof ContainerBody>;

const fields = {
  name: Type.String({ pattern: WORKSPACE_NAME }),
  role: Type.Optional(Nullable(Type.String({ maxLength: 200 }))),
  tier: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 3, description: '1 (least trusted, default) to 3' }),
  ),
  template: Type.Optional(
    Nullable(
      Type.String({
        pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
        description: 'its defaults lie under what the body says; plugins, env and policy are joined by name',
      }),
    ),
  ),
  runtime: Type.Optional(
    Type.String({ maxLength: 40, description: '`process` (default), `docker` or `external`' }),
  ),
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
  image: Type.Optional(
    Nullable(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._/:@-]*$',
        maxLength: 500,
        description: 'what its container is made of; required for runtime `docker`',
      }),
    ),
  ),
  container: Type.Optional(ContainerBody),
  env: Type.Optional(variables()),
  required_env: Type.Optional(
    Type.Array(Type.String({ pattern: VARIABLE, maxLength: 200 }), {
      maxItems: 200,
      description: 'names that `env` or a secret must provide before its agent is started',
    }),
  ),
  agent_runtime: Type.Optional(
    Nullable(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'what the agent is built on; plugins may say which they suit',
      }),
    ),
  ),
  url: Type.Optional(
    Nullable(Type.String({ maxLength: 2_048, description: 'where the agent can be reached' })),
  ),
  plugins: Type.Optional(PluginList),
  allow_plugins: Type.Optional(
    Nullable(
      Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
        maxItems: 200,
        description:
          'patterns of which the source of each plugin must match one; null allows what the installation allows',
      }),
    ),
  ),
  schedule: Type.Optional(
    Nullable(
      Type.Object(
        {
          pause: Type.String({ maxLength: 200, description: 'cron: minute hour day month weekday' }),
          resume: Type.String({ maxLength: 200, description: 'resumes what its schedule paused' }),
          timezone: Type.Optional(Type.String({ maxLength: 100, description: 'IANA name; default UTC' })),
        },
        { additionalProperties: false, description: 'when it is paused and resumed by itself' },
      ),
    ),
  ),
  idle_after: Type.Optional(
    Nullable(
      Type.String({
        maxLength: 40,
        description: 'hibernated after so long without work, like `30m`; or `agent`: when it asks for it',
      }),
    ),
  ),
  allow_empty: Type.Optional(Type.Boolean({ description: 'lets an empty `plugins` remove every plugin' })),
  policy: Type.Optional(policySchema),
};

/** A workspace as people want it: what a patch must result in. */
export const SpecBody = Type.Object(fields, { additionalProperties: false });
export type SpecBody = Static<typeof SpecBody>;

/** The body of a create, and a document of a plan or an apply: its secrets are kept apart and never shown. */
export const DocumentBody = Type.Object(
  {
    ...fields,
    secrets: Type.Optional(variables({ description: 'handed to the agent with `env`; never shown again' })),
  },
  {
    additionalProperties: false,
    examples: [
      { name: 'demo', template: 'seo-agent' },
      {
        name: 'reviewer',
        command: ['node', 'agent.js'],
        env: { REPOSITORY: 'example/shop' },
        plugins: ['local://review'],
        policy: { offline_after: '2m' },
      },
      { name: 'elsewhere', external: true, url: 'https://agent.example.com' },
    ],
  },
);
export type DocumentBody = Static<typeof DocumentBody>;

/** A spec as answers show it; it can be sent back as it is. */
export const SpecWire = Type.Object({
  name: Type.String(),
  role: Nullable(Type.String()),
  tier: Type.Integer(),
  template: Nullable(Type.String()),
  runtime: Type.String(),
  command: Type.Array(Type.String()),
  sidecar: Type.Boolean(),
  image: Nullable(Type.String()),
  container: ContainerBody,
  env: AnyJson<Record<string, string | null>>({
    type: 'object',
    additionalProperties: { type: ['string', 'null'] },
  }),
  required_env: Type.Array(Type.String()),
  agent_runtime: Nullable(Type.String()),
  url: Nullable(Type.String()),
  plugins: Type.Array(DeclarationWire),
  allow_plugins: Nullable(Type.Array(Type.String())),
  idle_after: Nullable(Type.String()),
  schedule: Nullable(Type.Object({ pause: Type.String(), resume: Type.String(), timezone: Type.String() })),
  allow_empty: Type.Boolean(),
  policy: AnyJson<Record<string, string | number>>({ type: 'object', additionalProperties: true }),
});

export type SpecWire = Static<typeof SpecWire>;
