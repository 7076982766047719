import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import { type HttpContext, isAdmin } from '../context.ts';
import { etagOf } from '../if-match.ts';
import { iso } from '../schemas/nullable.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { GenerationsWire } from '../schemas/plugin-sets.ts';
import { WorkspaceDetail } from '../schemas/workspace.ts';
import { detailOf } from '../wire/view.ts';

/** The plugin generations that a workspace had, and the way back to one. */
export const pluginGenerationRoutes = (app: HttpApp, { supervisor, policyDefaults }: HttpContext): void => {
  app.get(
    '/workspaces/:id/plugins/history',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Lists the plugin generations that are still there, the newest first',
        tags: ['plugins'],
        params: WorkspaceParams,
        response: { 200: GenerationsWire },
      },
    },
    async (request) => {
      const { id, plugins } = supervisor.view(request.params.id);
      const generations = await supervisor.pluginHistory(id);
      return {
        items: generations.map((one) => ({
          generation: one.generation,
          built_at: iso(one.builtAt),
          restored_from: one.restoredFrom,
          in_force: one.inForce,
          good: one.generation === plugins.good,
          changed: one.changed,
          plugins: one.plugins.map(({ name, source, revision, treeHash }) => ({
            name,
            source,
            revision,
            tree_hash: treeHash,
          })),
        })),
      };
    },
  );

  app.post(
    '/workspaces/:id/plugins/rollback',
    {
      config: {
        auth: 'workspace',
        errors: ['PLUGIN_GENERATION_NOT_FOUND', 'PLUGIN_NOT_ALLOWED', 'STATE_CONFLICT', 'STORE_UNWRITABLE'],
      },
      schema: {
        summary: 'Puts an earlier plugin generation in force again',
        description:
          'The agent is stopped and started with it. What that takes away is held back until another version of it ' +
          'is declared, or it is released.',
        tags: ['plugins'],
        params: WorkspaceParams,
        body: Type.Object(
          {
            to: Type.Optional(
              Type.Integer({ minimum: 0, description: 'default: the one before; 0 holds no plugins' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 202: WorkspaceDetail },
      },
    },
    async (request, reply) => {
      const view = await supervisor.rollback(request.params.id, request.body.to ?? null);
      reply.code(202).header('etag', etagOf(view.generation));
      return detailOf(view, { showEnv: isAdmin(request), policyDefaults });
    },
  );
};
