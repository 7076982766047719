import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { WhyWire } from '../schemas/why.ts';
import { whyToWire } from '../wire/why.ts';

/** GET /workspaces/:id/why: why a workspace is where it is, what moves it next, and what can be done. */
export const whyRoute = (app: HttpApp, { supervisor }: HttpContext): void => {
  app.get(
    '/workspaces/:id/why',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Explains the state of a workspace',
        tags: ['operating'],
        params: WorkspaceParams,
        response: { 200: WhyWire },
      },
    },
    (request) => whyToWire(supervisor.why(request.params.id)),
  );
};
