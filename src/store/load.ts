import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';
import { readJson } from './json.ts';
import type { Presences } from './presences.ts';
import type { Tokens } from './tokens.ts';
import type { LoadedWorkspace, TokenRow } from './types.ts';
import type { WorkspaceRow, Workspaces } from './workspaces.ts';

/**
 * Puts together every workspace that is not removed, oldest first.
 *
 * Only a spec must be readable, for nothing else says what the operator wants. A damaged snapshot is handed on
 * as it is (empty when its row is missing), a damaged agent card as null.
 *
 * @throws `STORE_DAMAGED` naming the workspace whose spec cannot be read
 */
export const loadWorkspaces = (from: {
  workspaces: Workspaces;
  presences: Presences;
  tokens: Tokens;
}): LoadedWorkspace[] => {
  const presences = from.presences.all();
  const tokens = Map.groupBy<string, TokenRow>(from.tokens.all(), (token) => token.workspaceId);
  return from.workspaces.present().map((row) => ({
    workspaceId: row.workspace_id,
    spec: readSpec(row),
    generation: row.generation,
    createdAt: row.created_at,
    agentCard: readJson(row.agent_card, null),
    url: row.url,
    schedule: readJson(row.schedule, null),
    rawSnapshot: row.snapshot ?? '',
    presence: presences.get(row.workspace_id) ?? null,
    tokens: tokens.get(row.workspace_id) ?? [],
  }));
};

const readSpec = (row: WorkspaceRow): WorkspaceSpec => {
  const spec = readJson<WorkspaceSpec | null>(row.spec, null);
  if (typeof spec?.name === 'string') return spec;
  throw new KeepwellError('STORE_DAMAGED', {
    message: `The spec of workspace ${row.workspace_id} in the database cannot be read.`,
    details: { workspaceId: row.workspace_id },
  });
};
