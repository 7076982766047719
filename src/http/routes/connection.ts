import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import { connectionOf } from '../connection-of.ts';
import type { HttpContext } from '../context.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { Connection } from '../schemas/workspace.ts';

/** How an agent elsewhere reaches us. Its token is kept by nobody, so it is not told here. */
export const connectionRoute = (app: HttpApp, { supervisor, publicUrl }: HttpContext): void => {
  app.get(
    '/workspaces/:id/connection',
    {
      config: { auth: 'workspace', errors: ['STATE_CONFLICT'] },
      schema: {
        summary: 'Shows what an external agent needs, but for its token',
        description: 'The snippets take the token from KEEPWELL_TOKEN.',
        tags: ['agents'],
        params: WorkspaceParams,
        response: { 200: Connection },
      },
    },
    (request) => {
      const view = supervisor.view(request.params.id);
      const connection = connectionOf(view, null, request, publicUrl);
      if (connection === null) throw startedHere(view.spec.name);
      return connection;
    },
  );
};

const startedHere = (name: string) =>
  new KeepwellError('STATE_CONFLICT', {
    message: `The agent of ${name} is started by Keepwell, which tells it all it needs.`,
    hint: 'Only external workspaces have to be connected; `keepwell create --external` makes one.',
  });
