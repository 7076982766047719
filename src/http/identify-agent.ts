import { KeepwellError } from '../errors.ts';
import type { Identity, Supervisor } from '../supervisor/api.ts';
import { forbidden, unauthorized } from './auth.ts';
import { bearerToken } from './bearer-token.ts';
import type { Identify } from './identify.ts';

/**
 * Whom an agent's request comes from, once its token fits the workspace it speaks for.
 *
 * Without a valid token, somebody who knows the id still learns whether the workspace is unknown (404) or was removed
 * (410): an agent must hear that it is to stop although its token went with the workspace, and ids cannot be guessed.
 * Names can, so here only an id counts.
 *
 * @returns null only for `strangers: 'welcome'`, when no token came.
 * @throws `UNAUTHORIZED`, `TOKEN_EXPIRED`, `FORBIDDEN`, `WORKSPACE_NOT_FOUND`, `WORKSPACE_REMOVED`
 */
export function identifyAgent(agent: Agent, strangers: 'refused'): Identity;
export function identifyAgent(agent: Agent, strangers: 'refused' | 'welcome'): Identity | null;
export function identifyAgent(
  { supervisor, identify, authorization, workspaceId }: Agent,
  strangers: 'refused' | 'welcome',
): Identity | null {
  const token = bearerToken(authorization);
  const identity = token === null ? null : identify(token);
  if (identity === null) {
    if (strangers === 'welcome' && authorization === undefined) return null;
    const { id, status } = supervisor.view(workspaceId);
    if (id !== workspaceId) throw new KeepwellError('WORKSPACE_NOT_FOUND');
    // Its token goes at once, its instance takes a while: an agent must not be told to look for another token.
    if (status === 'removed') throw new KeepwellError('WORKSPACE_REMOVED');
    throw unauthorized(supervisor, token);
  }
  const isOther = identity.kind === 'workspace' && identity.workspaceId !== workspaceId;
  if (isOther || identity.kind === 'viewer' || identity.kind === 'relay') throw forbidden(identity);
  return identity;
}

export type Agent = {
  supervisor: Supervisor;
  identify: Identify;
  authorization: string | undefined;
  workspaceId: string;
};
