import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { PluginLock } from '../schemas/plugin-sets.ts';

/** GET /workspaces/:id/plugins/lock: exactly what the set in force was built from. */
export const pluginLockRoute = (app: HttpApp, { supervisor }: HttpContext): void => {
  app.get(
    '/workspaces/:id/plugins/lock',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Shows exactly which plugins are in force',
        tags: ['plugins'],
        params: WorkspaceParams,
        response: { 200: PluginLock },
      },
    },
    async (request) => {
      const { id, spec } = supervisor.view(request.params.id);
      const inForce = (await supervisor.pluginHistory(id)).find((each) => each.inForce);
      const declared = new Map(spec.plugins.map((plugin) => [plugin.name, plugin]));
      return {
        generation: inForce?.generation ?? 0,
        plugins: (inForce?.plugins ?? []).map(({ name, source, revision, treeHash, coreHash, restart }) => ({
          name,
          source,
          revision,
          tree_hash: treeHash,
          core_hash: coreHash,
          restart: declared.get(name)?.restart ?? restart,
        })),
      };
    },
  );
};
