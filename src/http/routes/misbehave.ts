import { Type } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { WorkspaceView } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { Nullable } from '../schemas/nullable.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { WorkspaceDetail } from '../schemas/workspace.ts';
import { detailOf } from '../wire/view.ts';

/** POST /workspaces/:id/misbehave: breaks the agent of a demo, to see what happens then. */
export const misbehaveRoute = (app: HttpApp, context: HttpContext): void => {
  const { supervisor, policyDefaults, loadTemplate, misbehave } = context;

  /** A template that is gone, or cannot be read any more, lists no words. */
  const wordsOf = async ({ spec }: WorkspaceView): Promise<string[]> => {
    if (spec.template === null || spec.runtime === 'external') return [];
    const template = await loadTemplate(spec.template).catch((error: unknown) => {
      if (error instanceof KeepwellError) return null;
      throw error;
    });
    return template?.misbehaves ?? [];
  };

  app.post(
    '/workspaces/:id/misbehave',
    {
      config: { auth: 'admin', errors: ['CANNOT_MISBEHAVE'] },
      schema: {
        summary: 'Tells the agent of a demo to misbehave',
        description: 'Only where the template lists the word under `misbehaves`; null makes it behave again.',
        tags: ['operating'],
        params: WorkspaceParams,
        body: Type.Object({ how: Nullable(Type.String({ maxLength: 32 })) }, { additionalProperties: false }),
        response: { 200: WorkspaceDetail },
      },
    },
    async (request) => {
      const { how } = request.body;
      const { id, spec } = supervisor.view(request.params.id);
      const words = await wordsOf(supervisor.view(id));
      const isPossible = how === null ? words.length > 0 : words.includes(how);
      if (!isPossible || misbehave === undefined) {
        throw new KeepwellError('CANNOT_MISBEHAVE', { details: { template: spec.template, words } });
      }
      await misbehave(id, how);
      return detailOf(supervisor.view(id), { showEnv: true, policyDefaults });
    },
  );
};
