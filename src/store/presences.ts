import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../machines/time.ts';
import type { Presence, PresenceRow } from './types.ts';

export type Presences = {
  /** Replaces what is kept of these workspaces; passes over those that are removed or unknown. */
  save(rows: readonly PresenceRow[]): void;
  forget(workspaceId: string): void;
  all(): Map<string, Presence>;
};

type Row = {
  workspace_id: string;
  last_heartbeat_at: EpochMs | null;
  lease_expires_at: EpochMs | null;
  error_rate: number | null;
  sample_error: string | null;
  active_tasks: number | null;
  current_task: string | null;
  uptime_seconds: number | null;
};

export const createPresences = (db: Database): Presences => {
  const replace = db.prepare<Presence & { workspaceId: string }>(`
    INSERT OR REPLACE INTO presence
    SELECT workspace_id, :lastHeartbeatAt, :leaseExpiresAt, :errorRate, :sampleError, :activeTasks, :currentTask,
      :uptimeSeconds
    FROM workspaces WHERE workspace_id = :workspaceId AND removed_at IS NULL`);
  const forget = db.prepare<[string]>('DELETE FROM presence WHERE workspace_id = ?');
  const all = db.prepare<[], Row>('SELECT * FROM presence');

  return {
    save: (rows) => {
      for (const { workspaceId, presence } of rows) replace.run({ ...presence, workspaceId });
    },
    forget: (workspaceId) => {
      forget.run(workspaceId);
    },
    all: () => new Map(all.all().map((row) => [row.workspace_id, toPresence(row)])),
  };
};

const toPresence = (row: Row): Presence => ({
  lastHeartbeatAt: row.last_heartbeat_at,
  leaseExpiresAt: row.lease_expires_at,
  errorRate: row.error_rate,
  sampleError: row.sample_error,
  activeTasks: row.active_tasks,
  currentTask: row.current_task,
  uptimeSeconds: row.uptime_seconds,
});
