import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { RegistryWire, SourcesWire } from '../schemas/plugin-sets.ts';

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
          200: RegistryWire,
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
          200: SourcesWire,
        },
      },
    },
    () => pluginSources ?? { allow: null, items: [] },
  );
};
