import { KeepwellError } from '../errors.ts';
import type { Identity, Supervisor } from '../supervisor/api.ts';
import { forbidden, judge, unauthorized } from './auth.ts';
import { bearerToken } from './bearer-token.ts';
import type { Identify } from './identify.ts';
import type { Lockout } from './lockout.ts';

/**
 * Whom an agent's request comes from, once its token fits the workspace it speaks for.
 *
 * Without a valid token, somebody who knows the id still learns whether the workspace is unknown (404) or was removed
 * (410): an agent must hear that it is to stop although its token went with the workspace, and ids cannot be guessed.
 * Names can, so here only an id counts.
 *
 * @returns null only for `strangers: 'welcome'`, when no token came.
 * @throws `UNAUTHORIZED`, `TOKEN_EXPIRED`, `FORBIDDEN`, `WORKSPACE_NOT_FOUND`, `WORKSPACE_REMOVED`, `TOO_MANY_TRIES`
 */
export function identifyAgent(agent: Agent, strangers: 'refused'): Identity;
export function identifyAgent(agent: Agent, strangers: 'refused' | 'welcome'): Identity | null;
export function identifyAgent(
  { supervisor, identify, lockout, address, authorization, workspaceId }: Agent,
  strangers: 'refused' | 'welcome',
): Identity | null {
  const token = bearerToken(authorization);
  const identity = token === null ? null : identify(token);
  const judged = (): void => {
    const refusal = token === null ? null : judge(supervisor, lockout, { address, token, identity });
    if (refusal !== null) throw refusal;
  };
  if (identity === null) {
    if (strangers === 'welcome' && authorization === undefined) return null;
    refuseRemoved(supervisor, workspaceId);
    judged();
    const { id } = supervisor.view(workspaceId);
    if (id !== workspaceId) throw new KeepwellError('WORKSPACE_NOT_FOUND');
    throw unauthorized(supervisor, token);
  }
  judged();
  const isOther = identity.kind === 'workspace' && identity.workspaceId !== workspaceId;
  if (isOther || identity.kind === 'viewer' || identity.kind === 'relay') throw forbidden(identity);
  return identity;
}

/**
 * Its token goes at once, its instance takes a while: an agent must not be told to look for another token. It guesses
 * nothing either, so that is said first.
 */
const refuseRemoved = (supervisor: Supervisor, workspaceId: string): void => {
  try {
    const { id, status } = supervisor.view(workspaceId);
    if (id !== workspaceId || status !== 'removed') return;
  } catch (error) {
    if (!(error instanceof KeepwellError) || error.code !== 'WORKSPACE_REMOVED') return;
  }
  throw new KeepwellError('WORKSPACE_REMOVED');
};

export type Agent = {
  supervisor: Supervisor;
  identify: Identify;
  lockout: Lockout;
  /** Where it comes from. */
  address: string;
  authorization: string | undefined;
  workspaceId: string;
};
