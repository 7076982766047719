import { Type } from 'typebox';
import type { WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import { type ErrorCode, KeepwellError } from '../../errors.ts';
import type { WorkspaceView } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import { changeSpec } from '../change-spec.ts';
import { checkSources } from '../check-sources.ts';
import { type HttpContext, isAdmin } from '../context.ts';
import { etagOf, parseIfMatch } from '../if-match.ts';
import { createIssues } from '../issues.ts';
import { refuseSilentEmpty } from '../refuse-silent-empty.ts';
import { IfMatch, WorkspaceParams } from '../schemas/params.ts';
import { AddPluginBody } from '../schemas/plugin-sets.ts';
import { DeclareBody, DeclaredWire, PluginObject } from '../schemas/plugins.ts';
import { WorkspaceDetail } from '../schemas/workspace.ts';
import { parsePlugins } from '../wire/spec.ts';
import { detailOf } from '../wire/view.ts';

const SOURCE_ERRORS = [
  'PLUGIN_SOURCE_INVALID',
  'PLUGIN_SOURCE_CREDENTIALS',
  'PLUGIN_NAME_INVALID',
  'PLUGIN_UNPINNED',
  'PLUGIN_DUPLICATE',
  'PLUGIN_NOT_ALLOWED',
  'GENERATION_CONFLICT',
  'STORE_UNWRITABLE',
] as const satisfies ErrorCode[];

/** Installing a plugin is declaring it; removing one is undeclaring it. The reconcile does the rest. */
export const declaredPluginRoutes = (
  app: HttpApp,
  { supervisor, parseDeclaration, checkAllowed, policyDefaults }: HttpContext,
) => {
  const parse = (inputs: readonly (string | PluginObject)[], known: WorkspaceSpec['plugins']) => {
    const issues = createIssues();
    const plugins = parsePlugins(inputs, { parseDeclaration, known }, issues);
    issues.throwIfAny();
    return plugins;
  };
  const refuseUnallowed = (spec: WorkspaceSpec) => {
    const issues = createIssues();
    checkSources(spec, { checkAllowed }, issues);
    issues.throwIfAny();
    return spec;
  };

  app.get(
    '/workspaces/:id/plugins/declared',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Lists the declared plugins',
        tags: ['plugins'],
        params: WorkspaceParams,
        response: { 200: DeclaredWire },
      },
    },
    (request, reply) => {
      const view = supervisor.view(request.params.id);
      reply.header('etag', etagOf(view.generation));
      return declaredOf(view);
    },
  );

  app.put(
    '/workspaces/:id/plugins/declared',
    {
      config: { auth: 'workspace', errors: SOURCE_ERRORS },
      schema: {
        summary: 'Replaces the declared plugins',
        tags: ['plugins'],
        params: WorkspaceParams,
        headers: IfMatch,
        body: DeclareBody,
        response: { 200: DeclaredWire },
      },
    },
    async (request, reply) => {
      const { plugins, allow_empty: allowEmpty } = request.body;
      const ifGeneration = parseIfMatch(request.headers['if-match']);
      const view = await changeSpec(supervisor, request.params.id, ifGeneration, (current) => {
        const declared = parse(plugins, current.plugins);
        const revised = { ...current, plugins: declared, allowEmpty: allowEmpty ?? current.allowEmpty };
        refuseSilentEmpty(current, revised);
        return refuseUnallowed(revised);
      });
      reply.header('etag', etagOf(view.generation));
      return declaredOf(view);
    },
  );

  app.post(
    '/workspaces/:id/plugins',
    {
      config: { auth: 'workspace', errors: SOURCE_ERRORS },
      schema: {
        summary: 'Declares one more plugin',
        tags: ['plugins'],
        params: WorkspaceParams,
        headers: IfMatch,
        body: AddPluginBody,
        response: { 202: WorkspaceDetail },
      },
    },
    async (request, reply) => {
      const ifGeneration = parseIfMatch(request.headers['if-match']);
      const { replace = false, ...plugin } = request.body;
      const [declaration] = parse([plugin], []);
      if (declaration === undefined) throw new KeepwellError('PLUGIN_SOURCE_INVALID');
      const view = await changeSpec(supervisor, request.params.id, ifGeneration, (current) => {
        if (hasPlugin(current, declaration.name)) {
          if (!replace) throw isThere(declaration.name);
          const plugins = current.plugins.map((each) =>
            each.name === declaration.name ? declaration : each,
          );
          return refuseUnallowed({ ...current, plugins });
        }
        return refuseUnallowed({ ...current, plugins: [...current.plugins, declaration] });
      });
      reply.code(202).header('etag', etagOf(view.generation));
      return detailOf(view, { showEnv: isAdmin(request), policyDefaults });
    },
  );

  app.delete(
    '/workspaces/:id/plugins/:name',
    {
      config: {
        auth: 'workspace',
        errors: ['PLUGIN_NOT_DECLARED', 'GENERATION_CONFLICT', 'STORE_UNWRITABLE'],
      },
      schema: {
        summary: 'Takes one declared plugin away',
        description: 'Taking the last one away sets `allow_empty`, since it was named.',
        tags: ['plugins'],
        params: Type.Object({ ...WorkspaceParams.properties, name: Type.String() }),
        headers: IfMatch,
        response: { 202: WorkspaceDetail },
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      const ifGeneration = parseIfMatch(request.headers['if-match']);
      const view = await changeSpec(supervisor, id, ifGeneration, (current) => {
        if (!hasPlugin(current, name)) throw new KeepwellError('PLUGIN_NOT_DECLARED');
        const plugins = current.plugins.filter((plugin) => plugin.name !== name);
        return { ...current, plugins, allowEmpty: current.allowEmpty || plugins.length === 0 };
      });
      reply.code(202).header('etag', etagOf(view.generation));
      return detailOf(view, { showEnv: isAdmin(request), policyDefaults });
    },
  );
};

const isThere = (name: string) =>
  new KeepwellError('PLUGIN_DUPLICATE', {
    hint: 'Say `replace` (on the command line `--replace`) to put this one in its place.',
    details: { name },
  });

const hasPlugin = ({ plugins }: WorkspaceSpec, name: string): boolean =>
  plugins.some((each) => each.name === name);

const declaredOf = ({ generation, spec }: WorkspaceView) => ({
  generation,
  allow_empty: spec.allowEmpty,
  plugins: spec.plugins,
});
