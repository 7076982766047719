import { Type } from 'typebox';
import type { AccessToken } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { iso } from '../schemas/nullable.ts';
import { TokenBody, TokenCreated, TokensWire } from '../schemas/tokens.ts';

/** Tokens of people who may look and change nothing, and of relays, which hand on beats. */
export const tokenRoutes = (app: HttpApp, { supervisor }: HttpContext): void => {
  app.get(
    '/tokens',
    {
      config: { auth: 'admin' },
      schema: {
        summary: 'Lists the tokens of viewers and relays that are good',
        tags: ['access'],
        response: { 200: TokensWire },
      },
    },
    () => ({ items: supervisor.accessTokens().map(tokenToWire) }),
  );

  app.post(
    '/tokens',
    {
      config: { auth: 'admin', errors: ['TOKEN_EXISTS', 'STORE_UNWRITABLE'] },
      schema: {
        summary: 'Creates a token for somebody who may look and change nothing, or for a relay of beats',
        tags: ['access'],
        body: TokenBody,
        response: {
          201: TokenCreated,
        },
      },
    },
    async (request, reply) => {
      const created = await supervisor.createAccessToken(request.body.name, request.body.role ?? 'viewer');
      return reply.code(201).send({ ...tokenToWire(created), token: created.token });
    },
  );

  app.delete(
    '/tokens/:token_id',
    {
      config: { auth: 'admin', errors: ['TOKEN_NOT_FOUND', 'STORE_UNWRITABLE'] },
      schema: {
        summary: 'Revokes the token of a viewer or a relay',
        description: 'Sessions that began with it are over, streams within 15 s.',
        tags: ['access'],
        params: Type.Object({ token_id: Type.String() }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await supervisor.revokeAccessToken(request.params.token_id);
      return reply.code(204).send(null);
    },
  );
};

const tokenToWire = ({ id, name, role, createdAt }: AccessToken) => ({
  id,
  name,
  role,
  created_at: iso(createdAt),
});
