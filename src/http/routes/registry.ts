import { Type } from 'typebox';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { identifyAgent } from '../identify-agent.ts';
import { RegisterBody, Registered, UpdateCardBody } from '../schemas/registry.ts';
import { AGENT_BODY_BYTES } from './heartbeat.ts';

/** How an agent introduces itself. Never creates a workspace and never revives one. */
export const registryRoutes = (
  app: HttpApp,
  { supervisor, identify, lockout, enrolment }: HttpContext,
): void => {
  app.post(
    '/registry/register',
    {
      config: { auth: 'agent', errors: ['WORKSPACE_NOT_FOUND', 'WORKSPACE_REMOVED', 'STALE_INCARNATION'] },
      bodyLimit: AGENT_BODY_BYTES,
      schema: {
        summary: 'Says where an agent is and what it can do',
        description: 'With open enrolment, an agent of a workspace that has no token yet is given one, once.',
        tags: ['agents'],
        body: RegisterBody,
        response: {
          200: Registered,
        },
      },
    },
    async (request) => {
      const { id, url, agent_card: card } = request.body;
      const identity = identifyAgent(
        {
          supervisor,
          identify,
          lockout,
          address: request.ip,
          authorization: request.headers.authorization,
          workspaceId: id,
        },
        enrolment === 'open' ? 'welcome' : 'refused',
      );
      const { authToken } = await supervisor.register(id, identity, {
        url: url || null,
        agentCard: card ?? null,
      });
      return { status: 'registered' as const, ...(authToken === null ? {} : { auth_token: authToken }) };
    },
  );

  app.post(
    '/registry/update-card',
    {
      config: { auth: 'agent', errors: ['WORKSPACE_NOT_FOUND', 'WORKSPACE_REMOVED', 'STALE_INCARNATION'] },
      bodyLimit: AGENT_BODY_BYTES,
      schema: {
        summary: 'Replaces what an agent says of itself',
        tags: ['agents'],
        body: UpdateCardBody,
        response: { 200: Type.Object({ status: Type.Literal('updated') }) },
      },
    },
    async (request) => {
      const { workspace_id: workspaceId, agent_card: card } = request.body;
      const identity = identifyAgent(
        {
          supervisor,
          identify,
          lockout,
          address: request.ip,
          authorization: request.headers.authorization,
          workspaceId,
        },
        'refused',
      );
      await supervisor.updateCard(
        workspaceId,
        identity.kind === 'workspace' ? identity.incarnation : null,
        card,
      );
      return { status: 'updated' as const };
    },
  );
};
