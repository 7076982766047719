import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { Nullable } from '../schemas/nullable.ts';

/** GET /templates: what a workspace can be made from. */
export const templatesRoute = (app: HttpApp, { listTemplates }: HttpContext): void => {
  app.get(
    '/templates',
    {
      config: { auth: 'admin' },
      schema: {
        summary: 'Lists the templates',
        tags: ['catalogue'],
        response: {
          200: Type.Object({
            items: Type.Array(Type.Object({ name: Type.String(), description: Nullable(Type.String()) })),
            next_cursor: Nullable(Type.String()),
          }),
        },
      },
    },
    async () => ({ items: (await listTemplates?.()) ?? [], next_cursor: null }),
  );
};
