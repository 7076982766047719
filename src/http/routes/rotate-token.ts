import { MINUTE } from '../../../machines/time.ts';
import { parseDuration } from '../../durations.ts';
import type { HttpApp } from '../app.ts';
import { connectionOf } from '../connection-of.ts';
import type { HttpContext } from '../context.ts';
import { iso } from '../schemas/nullable.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { RotateBody, Rotated } from '../schemas/tokens.ts';

const DEFAULT_OVERLAP_MS = 10 * MINUTE;

/** A new token for an agent elsewhere, while the old one is still good: nobody has to be quick. */
export const rotateTokenRoute = (app: HttpApp, { supervisor, publicUrl }: HttpContext): void => {
  app.post(
    '/workspaces/:id/token/rotate',
    {
      config: { auth: 'admin', errors: ['STATE_CONFLICT', 'BAD_DURATION', 'STORE_UNWRITABLE'] },
      schema: {
        summary: 'Makes a new token for an external agent',
        description:
          'The old one is good for a while yet; `old_token` of the workspace says whether it is used.',
        tags: ['access'],
        params: WorkspaceParams,
        body: RotateBody,
        response: {
          200: Rotated,
        },
      },
    },
    async (request) => {
      const { overlap } = request.body;
      const overlapMs = overlap === undefined ? DEFAULT_OVERLAP_MS : parseDuration(overlap);
      const { view, authToken } = await supervisor.rotateToken(request.params.id, { overlapMs });
      return {
        id: view.id,
        name: view.spec.name,
        auth_token: authToken,
        old_token_until: iso(view.oldToken?.until ?? null),
        connection: connectionOf(view, authToken, request, publicUrl),
      };
    },
  );
};
