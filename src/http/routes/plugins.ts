import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { PluginPlanWire, PluginsWire } from '../schemas/plugins.ts';
import { planEntryToWire, pluginsToWire } from '../wire/plugins.ts';
import { wouldRestart } from '../would-restart.ts';

/** What is declared, what is on disk, and what a reconcile would do about the difference. */
export const pluginRoutes = (app: HttpApp, { supervisor }: HttpContext): void => {
  app.get(
    '/workspaces/:id/plugins',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Shows declared, installed and blocked plugins',
        tags: ['plugins'],
        params: WorkspaceParams,
        response: { 200: PluginsWire },
      },
    },
    async (request) => pluginsToWire(await supervisor.plugins(request.params.id)),
  );

  app.get(
    '/workspaces/:id/plugins/plan',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Says what a reconcile would do now',
        tags: ['plugins'],
        params: WorkspaceParams,
        querystring: Type.Object(
          {
            refresh: Type.Optional(
              Type.Boolean({ description: 'follows every reference, over the network' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: PluginPlanWire },
      },
    },
    async (request) => {
      const view = supervisor.view(request.params.id);
      const plan = await supervisor.plan(view.id, { refresh: request.query.refresh ?? false });
      const { restarts, why } = wouldRestart(view, view.spec, plan);
      return { items: plan.map(planEntryToWire), restarts, restart_why: why };
    },
  );
};
