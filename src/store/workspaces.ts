import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import { KeepwellError } from '../errors.ts';

export type SpecText = { name: string; spec: string; generation: number };
export type SnapshotText = { machineVersion: number; text: string };

export type WorkspaceRow = {
  workspace_id: string;
  spec: string;
  generation: number;
  created_at: EpochMs;
  agent_card: string | null;
  url: string | null;
  /** NULL until its schedule, or an operator beside it, has acted. */
  schedule: string | null;
  /** NULL when the row is missing. */
  snapshot: string | null;
};

/** Every method that changes something throws `WORKSPACE_NOT_FOUND` or a foreign key error for an unknown one. */
export type Workspaces = {
  insert(workspaceId: string, spec: SpecText, createdAt: EpochMs): void;
  setSpec(workspaceId: string, spec: SpecText): void;
  setCard(workspaceId: string, card: { agentCard: string; url: string | null }): void;
  setSnapshot(workspaceId: string, snapshot: SnapshotText): void;
  setSchedule(workspaceId: string, mark: string): void;
  remove(workspaceId: string, at: EpochMs): void;
  isRemoved(workspaceId: string): boolean;
  /** All that are not removed, oldest first. */
  present(): WorkspaceRow[];
};

export const createWorkspaces = (db: Database): Workspaces => {
  const insert = db.prepare<[string, string, string, number, EpochMs]>(
    'INSERT INTO workspaces (workspace_id, name, spec, generation, created_at) VALUES (?, ?, ?, ?, ?)',
  );
  const setSpec = db.prepare<[string, string, number, string]>(
    'UPDATE workspaces SET name = ?, spec = ?, generation = ? WHERE workspace_id = ?',
  );
  const setCard = db.prepare<[string, string | null, string]>(
    'UPDATE workspaces SET agent_card = ?, url = ? WHERE workspace_id = ?',
  );
  const setSnapshot = db.prepare<[string, number, string]>(
    'INSERT OR REPLACE INTO snapshots (workspace_id, machine_version, snapshot) VALUES (?, ?, ?)',
  );
  const setSchedule = db.prepare<[string, string]>(
    'UPDATE workspaces SET schedule = ? WHERE workspace_id = ?',
  );
  // The first removal counts: nothing leads out of it, and repeating it changes nothing.
  const remove = db.prepare<[EpochMs, string]>(
    'UPDATE workspaces SET removed_at = coalesce(removed_at, ?) WHERE workspace_id = ?',
  );
  const isRemoved = db
    .prepare<[string], number>('SELECT removed_at IS NOT NULL FROM workspaces WHERE workspace_id = ?')
    .pluck();
  const present = db.prepare<[], WorkspaceRow>(`
    SELECT workspace_id, spec, generation, created_at, agent_card, url, schedule, snapshot
    FROM workspaces LEFT JOIN snapshots USING (workspace_id)
    WHERE removed_at IS NULL ORDER BY created_at, workspace_id`);

  return {
    insert: (workspaceId, { name, spec, generation }, createdAt) => {
      insert.run(workspaceId, name, spec, generation, createdAt);
    },
    setSpec: (workspaceId, { name, spec, generation }) =>
      mustHaveFound(setSpec.run(name, spec, generation, workspaceId)),
    setCard: (workspaceId, { agentCard, url }) => mustHaveFound(setCard.run(agentCard, url, workspaceId)),
    setSnapshot: (workspaceId, { machineVersion, text }) => {
      setSnapshot.run(workspaceId, machineVersion, text);
    },
    setSchedule: (workspaceId, mark) => mustHaveFound(setSchedule.run(mark, workspaceId)),
    remove: (workspaceId, at) => mustHaveFound(remove.run(at, workspaceId)),
    isRemoved: (workspaceId) => isRemoved.get(workspaceId) === 1,
    present: () => present.all(),
  };
};

const mustHaveFound = ({ changes }: { changes: number }): void => {
  if (changes === 0) throw new KeepwellError('WORKSPACE_NOT_FOUND');
};
