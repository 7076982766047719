import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { NotifyWire } from '../schemas/notify.ts';
import { iso, Nullable } from '../schemas/nullable.ts';

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
          200: NotifyWire,
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
