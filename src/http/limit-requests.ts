import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { KeepwellError } from '../errors.ts';
import type { HttpApp } from './app.ts';
import type { HttpContext } from './context.ts';

/** Refuses what comes too often with one token, or from one address without a good one. Of this scope's routes only. */
export const limitRequests = async (
  scope: HttpApp,
  { rateLimit: perMinute = 0, identifyRequest }: HttpContext,
): Promise<void> => {
  if (perMinute === 0) return;
  const keyOf = (request: FastifyRequest): string => {
    const identity = identifyRequest(request);
    // A wrong token is nobody's: whoever makes them up is known by the address.
    if (identity === null) return `from ${request.ip}`;
    if (identity.kind === 'workspace') return `workspace ${identity.workspaceId}`;
    return identity.kind === 'admin' ? 'admin' : `${identity.kind} ${identity.tokenId}`;
  };
  await scope.register(rateLimit, { global: false });
  // A hook of the scope, so that it comes before those of the routes, which look at who may call them.
  scope.addHook(
    'onRequest',
    scope.rateLimit({
      max: perMinute,
      timeWindow: '1 minute',
      keyGenerator: keyOf,
      errorResponseBuilder: () => new KeepwellError('TOO_MANY_REQUESTS'),
    }),
  );
};
