import { Type } from 'typebox';
import type { Json } from '../../supervisor/ports.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { identifyAgent } from '../identify-agent.ts';
import { AnyJson, Nullable } from '../schemas/nullable.ts';
import { AGENT_BODY_BYTES } from './heartbeat.ts';

const Card = AnyJson<{ [key: string]: Json }>({
  type: 'object',
  description: 'what the agent says of itself',
});
const WebAddress = Type.String({ pattern: '^(https?://.+)?$', maxLength: 2_048 });

const RegisterBody = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 128 }),
    url: Type.Optional(Nullable(WebAddress)),
    agent_card: Type.Optional(Nullable(Card)),
  },
  { description: 'Other fields are ignored.' },
);

const UpdateCardBody = Type.Object(
  { workspace_id: Type.String({ minLength: 1, maxLength: 128 }), agent_card: Card },
  { description: 'Other fields are ignored.' },
);

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
          200: Type.Object({ status: Type.Literal('registered'), auth_token: Type.Optional(Type.String()) }),
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
