import { KeepwellError } from '../errors.ts';
import type { Identity, Supervisor } from '../supervisor/api.ts';
import { isOwn } from './auth.ts';

/**
 * Whose journal a caller reads: the workspace asked for, by id, or everybody's with null.
 *
 * A workspace reads its own, whether it asks or not. The journal of a removed workspace stays readable by its id.
 *
 * @throws `FORBIDDEN`, `WORKSPACE_NOT_FOUND`
 */
export const journalScope = (
  supervisor: Supervisor,
  identity: Identity | null,
  asked: string | undefined,
) => {
  if (identity === null) throw new KeepwellError('UNAUTHORIZED');
  if (identity.kind !== 'workspace') return asked === undefined ? null : journalId(supervisor, asked);
  if (asked === undefined || isOwn(supervisor, identity.workspaceId, asked)) return identity.workspaceId;
  throw new KeepwellError('FORBIDDEN');
};

const journalId = (supervisor: Supervisor, key: string): string => {
  try {
    return supervisor.view(key).id;
  } catch (error) {
    if (error instanceof KeepwellError && error.code === 'WORKSPACE_REMOVED') return key;
    throw error;
  }
};
