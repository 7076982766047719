import { VERBS, type Verb } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import { type HttpContext, isAdmin } from '../context.ts';
import { etagOf } from '../if-match.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { WorkspaceDetail } from '../schemas/workspace.ts';
import { detailOf } from '../wire/view.ts';

/** Waking has a route of its own: one may wait for it. */
const SUMMARIES: Record<Exclude<Verb, 'wake'>, string> = {
  restart: 'Restarts the agent',
  pause: 'Stops the agent until it is resumed',
  resume: 'Starts a paused agent again',
  hibernate: 'Stops the agent until it is woken',
  retry: 'Tries again what was given up',
  reconcile: 'Compares declared with installed plugins now',
};

/** What an operator can ask of a workspace. The answer comes when the decision is on disk; its work goes on. */
export const verbRoutes = (app: HttpApp, { supervisor, policyDefaults }: HttpContext): void => {
  for (const verb of VERBS) {
    if (verb === 'wake') continue;
    app.post(
      `/workspaces/:id/${verb}`,
      {
        config: { auth: 'workspace', errors: ['STATE_CONFLICT', 'STORE_UNWRITABLE'] },
        schema: {
          summary: SUMMARIES[verb],
          tags: ['operating'],
          params: WorkspaceParams,
          response: { 202: WorkspaceDetail },
        },
      },
      async (request, reply) => {
        const view = await supervisor.act(request.params.id, verb);
        reply.code(202).header('etag', etagOf(view.generation));
        return detailOf(view, { showEnv: isAdmin(request), policyDefaults });
      },
    );
  }
};
