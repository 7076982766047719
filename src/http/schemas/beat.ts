import { type Static, Type } from 'typebox';
import { PUBLIC_STATUSES } from '../../../machines/workspace/types.ts';
import { Moment, Nullable, Words } from './nullable.ts';

/** Longest text of a beat that is kept. A longer one is cut: an agent with a long stack trace is alive. */
export const LONGEST_TEXT = 1_000;

/** A beat as agents send it. What is not listed is ignored, so that newer agents can beat here. */
export const BeatBody = Type.Object(
  {
    workspace_id: Type.String({ minLength: 1, maxLength: 128 }),
    error_rate: Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: 0 })),
    sample_error: Type.Optional(
      Nullable(Type.String({ description: `kept up to ${LONGEST_TEXT} characters` })),
    ),
    active_tasks: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
    current_task: Type.Optional(
      Nullable(Type.String({ description: `kept up to ${LONGEST_TEXT} characters` })),
    ),
    uptime_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 1e10, default: 0 })),
    incarnation: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'KEEPWELL_INCARNATION, where the agent knows it: a replaced agent may hold a newer token by now',
      }),
    ),
    // Another word than `wedged` means nothing to us, and is no reason to call an agent dead.
    runtime_state: Type.Optional(Nullable(Type.String({ description: '`wedged` degrades the workspace' }))),
    runtime_metadata: Type.Optional(
      Type.Object({
        idle_timeout_seconds: Type.Optional(
          Nullable(
            Type.Number({
              minimum: 0,
              maximum: 1e9,
              description: 'without work for so long it may be hibernated, where its `idle_after` is `agent`',
            }),
          ),
        ),
        capabilities: Type.Optional(
          Type.Object({
            status_mgmt: Type.Optional(
              Type.Boolean({
                description: 'the agent reports its own state; its error rate does not degrade it',
              }),
            ),
          }),
        ),
      }),
    ),
    quiet_for_seconds: Type.Optional(
      Type.Number({ minimum: 0, maximum: 900, description: 'how long it may be silent from now on' }),
    ),
  },
  {
    description: 'Other fields are ignored.',
    examples: [
      {
        workspace_id: '01jgdemo000000000000000000',
        error_rate: 0,
        active_tasks: 1,
        current_task: 'reading the changes of main',
        uptime_seconds: 90,
      },
    ],
  },
);

export type BeatBody = Static<typeof BeatBody>;

export const BeatAnswer = Type.Object({
  status: Type.Literal('ok'),
  workspace_status: Words(PUBLIC_STATUSES),
  generation: Type.Integer(),
  interval_seconds: Type.Number(),
  lease_expires_at: Nullable(Moment),
  restart_pending: Type.Boolean(),
  plugins_generation: Type.Integer({ description: 'the plugin generation in force for it' }),
  plugins_pending: Type.Boolean({
    description: 'an agent elsewhere has yet to fetch that generation and report it',
  }),
});
