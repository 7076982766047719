import { type Static, Type } from 'typebox';
import { PUBLIC_STATUSES } from '../../../machines/workspace/types.ts';
import { AnyJson, Moment, Nullable, Words } from './nullable.ts';
import { BlockedWire, HeldWire } from './plugins.ts';
import { SpecWire } from './spec.ts';
import { ReasonWire } from './status.ts';

const summary = {
  id: Type.String(),
  name: Type.String(),
  role: Nullable(Type.String()),
  tier: Type.Integer(),
  status: Words(PUBLIC_STATUSES),
  state: Type.String({ description: 'the leaf state by dotted path' }),
  since: Moment,
  reason: ReasonWire,
  runtime: Type.String(),
  url: Nullable(Type.String()),
  agent_card: AnyJson(),
  incarnation: Type.Integer(),
  generation: Type.Integer({ description: 'of the spec; also the ETag' }),
  observed_generation: Type.Integer({ description: 'the last one whose plugins are all in place' }),
  last_heartbeat_at: Nullable(Moment),
  lease_expires_at: Nullable(Moment),
  last_error_rate: Nullable(Type.Number()),
  last_sample_error: Nullable(Type.String()),
  active_tasks: Nullable(Type.Integer()),
  current_task: Nullable(Type.String()),
  uptime_seconds: Nullable(Type.Number()),
  plugins: Type.Object({
    declared: Type.Integer(),
    installed: Type.Integer(),
    failed: Type.Integer(),
    generation: Type.Integer(),
    good: Type.Integer({ description: 'the last generation that is known to work; 0 for none' }),
    pending: Type.Boolean({ description: 'an external agent has yet to fetch and report them' }),
    held: Type.Array(HeldWire),
    blocked: Type.Array(BlockedWire),
  }),
  restarts: Type.Integer(),
  restart_pending: Type.Boolean(),
  deadline: Nullable(Type.Object({ name: Type.String(), at: Moment })),
  created_at: Moment,
};

export const WorkspaceSummary = Type.Object(summary);
export type WorkspaceSummary = Static<typeof WorkspaceSummary>;

const BudgetWire = (what: string) =>
  Type.Object(
    {
      used: Type.Integer(),
      allowed: Type.Integer(),
      window_seconds: Type.Number(),
      next_free_at: Nullable({ ...Moment, description: 'when the oldest that counts is forgotten' }),
    },
    { description: what },
  );

const detail = {
  ...summary,
  restart_budget: BudgetWire('restarts after crashes; the first beyond what is allowed is not made'),
  schedule: Nullable(
    Type.Object({
      next: Nullable(Type.Object({ act: Words(['pause', 'resume'] as const), at: Moment })),
      paused: Type.Boolean({ description: 'it is the schedule that keeps it paused' }),
    }),
  ),
  idle: Nullable(
    Type.Object(
      {
        since: Moment,
        hibernates_at: Nullable({
          ...Moment,
          description: 'null while its agent has not said after how long',
        }),
      },
      { description: 'while it is online: since when it has no work, and when it is hibernated for that' },
    ),
  ),
  plugin_restart_budget: BudgetWire('restarts that changes of plugins caused'),
  old_token: Nullable(
    Type.Object(
      {
        until: Moment,
        last_used_at: Nullable({ ...Moment, description: 'since the supervisor started' }),
      },
      { description: 'a token that was replaced, and is good until then' },
    ),
  ),
  spec: SpecWire,
  policy: AnyJson<Record<string, string | number>>({
    type: 'object',
    additionalProperties: true,
    description: 'every number in force, defaults included',
  }),
};

export const WorkspaceDetail = Type.Object(detail);
export type WorkspaceDetail = Static<typeof WorkspaceDetail>;

/** What an external agent needs. */
export const Connection = Type.Object({
  url: Type.String(),
  workspace_id: Type.String(),
  env: AnyJson<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } }),
  plugins: Type.Object(
    { lock: Type.String(), download: Type.String(), report: Type.String() },
    {
      description: 'where `keepwell agent`, or another agent by hand, gets its plugins and says what it has',
    },
  ),
  snippets: Type.Object(
    { curl: Type.String(), node: Type.String(), python: Type.String() },
    { description: 'whole agents, to be pasted into a shell, `node` or `python3`' },
  ),
});

export const WorkspaceCreated = Type.Object({
  ...detail,
  auth_token: Nullable(
    Type.String({ description: 'shown this once; null when the agent is given it by us' }),
  ),
  connection: Nullable(Connection),
  replayed: Type.Boolean({ description: 'an answer to an Idempotency-Key that was used before' }),
  hint: Nullable(Type.String()),
});

export const WorkspacePage = Type.Object({
  items: Type.Array(WorkspaceSummary),
  next_cursor: Nullable(Type.String()),
});
