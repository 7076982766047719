/** What is written in these tests. Nothing here needs a test runner, so that child processes can use it. */
import { EMPTY_SPEC, type WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { WorkspaceContext } from '../../machines/workspace/types.ts';
import type { JournalDraft, NewWorkspace, StoredSnapshot } from '../../src/store/types.ts';

export const NOON = Date.parse('2026-11-23T12:00:00Z');

export const aSpec = (name: string, more: Partial<WorkspaceSpec> = {}): WorkspaceSpec => ({
  ...EMPTY_SPEC,
  name,
  tier: 2,
  command: ['agent'],
  ...more,
});

/** The store never looks inside, so a snapshot here holds what the test needs to tell it apart. */
export const aSnapshot = (value: unknown): StoredSnapshot => ({
  machineVersion: 1,
  value,
  context: { workspaceId: 'as-it-is' } as WorkspaceContext,
});

export const aRow = (event: string, more: Partial<JournalDraft> = {}): JournalDraft => ({
  at: NOON,
  event,
  from: 'wanted.provisioning',
  to: 'wanted.online.converged',
  reason: null,
  cause: null,
  kind: 'transition',
  ...more,
});

export const aWorkspace = (workspaceId: string, more: Partial<NewWorkspace> = {}): NewWorkspace => ({
  workspaceId,
  snapshot: aSnapshot('wanted.provisioning'),
  journal: [aRow('workspace.created', { from: null, to: 'wanted.provisioning' })],
  spec: { spec: aSpec(`name-of-${workspaceId}`), generation: 1 },
  createdAt: NOON,
  token: null,
  secrets: [],
  idempotency: null,
  ...more,
});
