/** What the commands read of the HTTP API's answers. Moments are ISO strings. */

export type Moment = string;
export type WireReason = { code: string; message: string; hint: string | null };

export type WireBlocked = {
  name: string;
  source: string;
  code: string;
  message: string;
  attempt: number;
  retry_at: Moment;
};

export type WireHeld = { name: string; source: string; why: 'quarantined' | 'suspected' | 'rolled-back' };
export type WireOutdated = { name: string; latest: string; dismissed: boolean };

export type WireBudget = {
  used: number;
  allowed: number;
  window_seconds: number;
  next_free_at: Moment | null;
};

export type WireView = {
  id: string;
  name: string;
  status: string;
  state: string;
  since: Moment;
  reason: WireReason | null;
  role: string | null;
  tier: number;
  runtime: string;
  url: string | null;
  incarnation: number;
  generation: number;
  observed_generation: number;
  last_heartbeat_at: Moment | null;
  lease_expires_at: Moment | null;
  last_error_rate: number | null;
  last_sample_error: string | null;
  active_tasks: number | null;
  current_task: string | null;
  uptime_seconds: number | null;
  deadline: { name: string; at: Moment } | null;
  /** Only of one workspace; a list says nothing of it. */
  old_token?: { until: Moment; last_used_at: Moment | null } | null;
  /** Only of one workspace too. */
  idle?: { since: Moment; hibernates_at: Moment | null } | null;
  restart_budget?: WireBudget;
  plugin_restart_budget?: WireBudget;
  schedule?: { next: { act: 'pause' | 'resume'; at: Moment } | null; paused: boolean } | null;
  restart_pending: boolean;
  restarts: number;
  plugins: {
    declared: number;
    installed: number;
    failed: number;
    generation: number;
    pending: boolean;
    held: WireHeld[];
    blocked: WireBlocked[];
  };
  spec: Record<string, unknown>;
  created_at: Moment;
};

export type WireRow = {
  seq: number;
  at: Moment;
  workspace_id: string;
  event: string;
  from: string | null;
  to: string;
  kind: 'transition' | 'note';
  reason: WireReason | null;
  cause: unknown;
};

export type WirePage<T> = { items: T[]; next_cursor: string | number | null };

export type WireError = { error: string; code: string; hint?: string | null; details?: unknown };
