import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { Nullable } from '../schemas/nullable.ts';

/** What plugins there are to declare, and from where others may come. */
export const pluginCatalogueRoutes = (app: HttpApp, { listRegistry, pluginSources }: HttpContext): void => {
  app.get(
    '/plugins',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Lists the plugins of the registry',
        tags: ['catalogue'],
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                name: Type.String(),
                source: Type.String(),
                version: Nullable(Type.String()),
                description: Nullable(Type.String()),
                problem: Nullable(Type.String({ description: 'why its plugin.yaml cannot be read' })),
              }),
            ),
          }),
        },
      },
    },
    async () => ({ items: (await listRegistry?.()) ?? [] }),
  );

  app.get(
    '/plugins/sources',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Lists the kinds of sources that plugins may come from here',
        tags: ['catalogue'],
        response: {
          200: Type.Object({
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
          }),
        },
      },
    },
    () => pluginSources ?? { allow: null, items: [] },
  );
};
