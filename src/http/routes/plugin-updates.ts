import { Type } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import { type HttpContext, isAdmin } from '../context.ts';
import { etagOf } from '../if-match.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { OutdatedList, UpdatesBegun } from '../schemas/plugin-sets.ts';
import { WorkspaceDetail } from '../schemas/workspace.ts';
import { outdatedToWire } from '../wire/plugins.ts';
import { detailOf } from '../wire/view.ts';

const PluginParams = Type.Object({ ...WorkspaceParams.properties, name: Type.String() });
const Names = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 200 });

/** What became of references since plugins were installed, and what is held back. */
export const pluginUpdateRoutes = (app: HttpApp, { supervisor, policyDefaults }: HttpContext): void => {
  app.get(
    '/plugins/outdated',
    {
      config: { auth: 'reader' },
      schema: {
        summary: 'Lists the plugins of all workspaces whose references stand for something newer',
        tags: ['plugins'],
        response: { 200: OutdatedList },
      },
    },
    async () => ({ items: (await supervisor.outdated(null)).map(outdatedToWire) }),
  );

  app.post(
    '/plugins/update',
    {
      config: { auth: 'admin', errors: ['STORE_UNWRITABLE'] },
      schema: {
        summary: 'Updates every outdated plugin of every workspace',
        description: 'Dismissed updates are left out, and so are workspaces whose state forbids it.',
        tags: ['plugins'],
        body: Type.Object({ all: Type.Literal(true) }, { additionalProperties: false }),
        response: {
          202: UpdatesBegun,
        },
      },
    },
    async (_request, reply) => {
      const outdated = (await supervisor.outdated(null)).filter(({ dismissed }) => !dismissed);
      const begun: { workspace: string; plugins: string[] }[] = [];
      const refused: { workspace: string; problem: string }[] = [];
      for (const [workspace, items] of Map.groupBy(outdated, (one) => one.workspace)) {
        const plugins = items.map(({ name }) => name);
        try {
          await supervisor.updatePlugins(items[0]?.workspaceId ?? workspace, plugins);
          begun.push({ workspace, plugins });
        } catch (error) {
          if (!(error instanceof KeepwellError) || error.status >= 500) throw error;
          refused.push({ workspace, problem: error.message });
        }
      }
      reply.code(202);
      return { begun, refused };
    },
  );

  app.post(
    '/workspaces/:id/plugins/update',
    {
      config: { auth: 'workspace', errors: ['PLUGIN_NOT_DECLARED', 'STATE_CONFLICT', 'STORE_UNWRITABLE'] },
      schema: {
        summary: 'Installs what references stand for now',
        tags: ['plugins'],
        params: WorkspaceParams,
        body: Type.Object(
          { plugins: Type.Optional({ ...Names, description: 'default: all' }) },
          { additionalProperties: false },
        ),
        response: { 202: WorkspaceDetail },
      },
    },
    async (request, reply) => {
      const view = await supervisor.updatePlugins(request.params.id, request.body.plugins ?? 'all');
      reply.code(202).header('etag', etagOf(view.generation));
      return detailOf(view, { showEnv: isAdmin(request), policyDefaults });
    },
  );

  app.post(
    '/workspaces/:id/plugins/:name/release',
    {
      config: { auth: 'workspace', errors: ['PLUGIN_NOT_HELD', 'STATE_CONFLICT', 'STORE_UNWRITABLE'] },
      schema: {
        summary: 'Lets a plugin that is held back be installed again',
        tags: ['plugins'],
        params: PluginParams,
        response: { 202: WorkspaceDetail },
      },
    },
    async (request, reply) => {
      const view = await supervisor.releasePlugin(request.params.id, request.params.name);
      reply.code(202).header('etag', etagOf(view.generation));
      return detailOf(view, { showEnv: isAdmin(request), policyDefaults });
    },
  );

  app.post(
    '/workspaces/:id/plugins/:name/dismiss',
    {
      config: {
        auth: 'workspace',
        errors: ['PLUGIN_NOT_DECLARED', 'PLUGIN_NOT_OUTDATED', 'STATE_CONFLICT', 'STORE_UNWRITABLE'],
      },
      schema: {
        summary: 'Wants to hear no more of the newer version that is known',
        tags: ['plugins'],
        params: PluginParams,
        response: { 200: Type.Object({ status: Type.Literal('dismissed') }) },
      },
    },
    async (request) => {
      await supervisor.dismissUpdate(request.params.id, request.params.name);
      return { status: 'dismissed' as const };
    },
  );
};
