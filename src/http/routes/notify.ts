import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { iso, Moment, Nullable } from '../schemas/nullable.ts';

const Target = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  on: Type.Array(Type.String()),
  pending: Type.Integer(),
  problem: Nullable(Type.String()),
  next_try_at: Nullable(Moment),
  delivered_at: Nullable(Moment),
  dead: Type.Integer(),
});

const DeadLetter = Type.Object({
  id: Type.String(),
  target: Type.String(),
  incident: Type.String(),
  at: Moment,
  given_up_at: Nullable(Moment),
  tries: Type.Integer(),
  problem: Nullable(Type.String()),
  text: Type.String(),
});

/** Whom notices go to, and what became of them. No address and no secret is ever shown. */
export const notifyRoutes = (app: HttpApp, { notifications }: HttpContext): void => {
  if (notifications === undefined) return;
  app.get(
    '/notify',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Lists the targets of notices, and those that were given up',
        tags: ['notify'],
        response: {
          200: Type.Object({ targets: Type.Array(Target), dead_letters: Type.Array(DeadLetter) }),
        },
      },
    },
    () => {
      const { targets, dead } = notifications.view();
      return {
        targets: targets.map(({ nextTryAt, deliveredAt, on, ...target }) => ({
          ...target,
          on: [...on],
          next_try_at: iso(nextTryAt),
          delivered_at: iso(deliveredAt),
        })),
        dead_letters: dead.map(({ at, endedAt, ...letter }) => ({
          ...letter,
          at: iso(at),
          given_up_at: iso(endedAt),
        })),
      };
    },
  );

  app.post(
    '/notify/test',
    {
      config: { auth: 'admin', errors: ['NOTIFY_TARGET_NOT_FOUND'] },
      schema: {
        summary: 'Sends a test to a target, and says what came of it',
        tags: ['notify'],
        body: Type.Object({ target: Type.String() }, { additionalProperties: false }),
        response: { 200: Type.Object({ delivered: Type.Boolean(), problem: Nullable(Type.String()) }) },
      },
    },
    async ({ body }) => {
      const outcome = await notifications.test(body.target);
      return { delivered: outcome.ok, problem: outcome.ok ? null : outcome.problem };
    },
  );

  app.post(
    '/notify/retry',
    {
      config: { auth: 'admin', errors: ['NOTIFY_LETTER_NOT_FOUND', 'STORE_UNWRITABLE'] },
      schema: {
        summary: 'Tries again what was given up',
        tags: ['notify'],
        body: Type.Object(
          { id: Type.Optional(Type.String({ description: 'of a dead letter; all of them without it' })) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ retried: Type.Integer() }) },
      },
    },
    async ({ body: { id } }) => ({
      retried: await notifications.retry(id === undefined ? 'all' : { id }),
    }),
  );
};
