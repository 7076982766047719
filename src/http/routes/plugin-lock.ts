import { Type } from 'typebox';
import type { RestartPreference } from '../../../machines/workspace/spec.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { Nullable, Words } from '../schemas/nullable.ts';
import { WorkspaceParams } from '../schemas/params.ts';

const RESTART: readonly RestartPreference[] = ['never', 'auto', 'always'];

const PluginLock = Type.Object({
  generation: Type.Integer({ description: 'the plugin generation in force; 0 when there is none' }),
  plugins: Type.Array(
    Type.Object({
      name: Type.String(),
      source: Type.String(),
      revision: Nullable(Type.String({ description: 'what the reference resolved to' })),
      tree_hash: Type.String(),
      core_hash: Type.String({
        description: 'the same without SKILL.md: while it is equal, no restart is due',
      }),
      restart: Words(RESTART, { description: 'as declared, or as the plugin says' }),
    }),
  ),
});

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
