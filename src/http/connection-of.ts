import type { FastifyRequest } from 'fastify';
import type { WorkspaceView } from '../supervisor/api.ts';
import { snippetsFor } from './snippets.ts';

/** What an external agent needs to reach us; null for an agent that we start ourselves. */
export const connectionOf = (
  { id, spec }: WorkspaceView,
  authToken: string | null,
  request: FastifyRequest,
  publicUrl: string | undefined,
) => {
  if (spec.runtime !== 'external') return null;
  const url = publicUrl ?? addressOf(request);
  const token = authToken === null ? {} : { KEEPWELL_TOKEN: authToken };
  const own = `${url}/workspaces/${id}`;
  return {
    url,
    workspace_id: id,
    env: { KEEPWELL_URL: url, KEEPWELL_WORKSPACE_ID: id, ...token },
    plugins: {
      lock: `${own}/plugins/lock`,
      download: `${own}/plugins/{name}/download`,
      report: `${own}/plugin-install-report`,
    },
    snippets: snippetsFor({ url, workspaceId: id, token: authToken }),
  };
};

/** The address this request was sent to, which is one that reaches us. */
const addressOf = (request: FastifyRequest): string => `${request.protocol}://${request.host}`;
