/** What the server says, as its schemas and GET /openapi.json have it. Moments are ISO 8601, absent is null. */

export type Reason = { code: string; message: string; hint: string | null };

export type SessionWire = { role: 'admin' | 'viewer'; name: string | null; expires_at: string };

export type Deadline = { name: string; at: string };

export type FleetRow = {
  id: string;
  name: string;
  role: string | null;
  runtime: string;
  template: string | null;
  status: string;
  state: string;
  since: string;
  reason: string | null;
  last_heartbeat_at: string | null;
  lease_expires_at: string | null;
  deadline: Deadline | null;
  plugins: { declared: number; installed: number; failed: number; held: number };
  incarnation: number;
  restarts: number;
  restarts_24h: number;
  generation: number;
};

export type FleetAll = { at: string; interval_seconds: number; rows: FleetRow[] };
export type FleetBeat = [id: string, lastHeartbeatAt: string | null, leaseExpiresAt: string | null];
export type FleetChanges = { at: string; rows: FleetRow[]; beats: FleetBeat[]; removed: string[] };

export type Point = { x: number; y: number };
export type Box = { x: number; y: number; width: number; height: number };

export type ChartNode = Box & {
  id: string;
  key: string;
  parent: string | null;
  kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  initial: string | null;
  description: string | null;
  tags: string[];
  invokes: { id: string; src: string; machine: string | null }[];
  entry: string[];
  exit: string[];
};

export type ChartEdge = {
  id: string;
  source: string;
  target: string | null;
  event: string;
  kind: 'event' | 'always' | 'done' | 'error' | 'initial' | 'history';
  label: string;
  guard: string | null;
  actions: string[];
  description: string | null;
  reenter: boolean;
  points: Point[] | null;
  text: string | null;
  label_at: Box | null;
  inside: boolean;
};

export type MachineChart = {
  name: string;
  description: string | null;
  width: number;
  height: number;
  nodes: ChartNode[];
  edges: ChartEdge[];
};

export type PossibleEdge = { edge: string; event: string; target: string | null };
export type Armed = { name: string; at: string; edge: string | null; to: string | null };

export type ChildMoment = {
  id: string;
  machine: string;
  state: string;
  active: string[];
  last_edges: string[];
  possible: PossibleEdge[];
};

export type BlockedPlugin = {
  name: string;
  source: string;
  code: string;
  message: string;
  attempt: number;
  retry_at: string;
};

export type HeldPlugin = {
  name: string;
  source: string;
  revision: string | null;
  tree_hash: string;
  why: string;
  since: string;
};

export type Why = {
  text: string;
  status: string;
  state: string;
  since: string;
  rule: string;
  reason: Reason | null;
  evidence: { seq: number; at: string; event: string; from: string | null; to: string } | null;
  next: { when: string | null; event: string; to: string; text: string }[];
  operator: { verb: string; command: string; text: string }[];
};

export type Moment = {
  machine: string;
  seq: number;
  at: string;
  live: boolean;
  exact: boolean;
  event: string | null;
  from: string | null;
  status: string;
  state: string;
  active: string[];
  since: string;
  incarnation: number;
  generation: number;
  reason: Reason | null;
  last_edges: string[];
  possible: PossibleEdge[];
  armed: Armed[];
  children: ChildMoment[];
  plugins: {
    declared: number | null;
    installed: number;
    generation: number;
    good: number;
    probation_until: string | null;
    blocked: BlockedPlugin[];
    held: HeldPlugin[];
  };
  why: Why;
};

export type Beat = {
  last_heartbeat_at: string | null;
  lease_expires_at: string | null;
  last_error_rate: number | null;
  active_tasks: number | null;
  current_task: string | null;
  uptime_seconds: number | null;
};

export type JournalRow = {
  seq: number;
  at: string;
  event: string;
  from: string | null;
  to: string;
  reason: Reason | null;
  cause: unknown;
  kind: 'transition' | 'note';
};

export type JournalPage = { items: JournalRow[]; next_cursor: string | null; last_seq: number };

export type Declaration = { name: string; source: string; track?: string; restart?: string };

export type Budget = {
  used: number;
  allowed: number;
  window_seconds: number;
  next_free_at: string | null;
};

export type WorkspaceDetail = Beat & {
  id: string;
  name: string;
  role: string | null;
  status: string;
  runtime: string;
  url: string | null;
  generation: number;
  observed_generation: number;
  restarts: number;
  schedule: { next: { act: 'pause' | 'resume'; at: string } | null; paused: boolean } | null;
  idle: { since: string; hibernates_at: string | null } | null;
  restart_budget: Budget;
  plugin_restart_budget: Budget;
  restart_pending: boolean;
  last_sample_error: string | null;
  created_at: string;
  spec: Record<string, unknown> & { template: string | null; plugins: Declaration[] };
  policy: Record<string, string | number>;
};

export type InstalledPlugin = {
  name: string;
  source: string;
  revision: string | null;
  tree_hash: string;
  actual_hash: string | null;
  intact: boolean;
  restart: string;
};

export type OutdatedPlugin = { name: string; installed: string; latest: string; dismissed: boolean };

export type PluginsWire = {
  declared: Declaration[];
  installed: { generation: number; plugins: InstalledPlugin[] };
  blocked: BlockedPlugin[];
  held: HeldPlugin[];
  outdated: OutdatedPlugin[];
};

export type PluginPlan = {
  items: { name: string; action: string; why: string; restart: boolean }[];
  restarts: string;
  restart_why: string;
};

export type PluginGeneration = {
  generation: number;
  built_at: string | null;
  restored_from: number | null;
  in_force: boolean;
  good: boolean;
  changed: string[];
  plugins: { name: string; source: string; revision: string | null; tree_hash: string }[];
};

export type TemplateDetail = { name: string; misbehaves: string[] };

export type SupervisorWire = {
  version: string;
  node: string;
  started_at: string;
  uptime_seconds: number;
  ready: boolean;
  problems: string[];
  loop: { lag_p50_ms: number; lag_p99_ms: number; lag_max_ms: number; window_seconds: number };
  memory: { rss_bytes: number; heap_used_bytes: number };
  store: {
    writable: boolean;
    problem: string | null;
    pending: number;
    wal_bytes: number;
    database_bytes: number;
    commit_p50_ms: number;
    commit_p99_ms: number;
    commits: number;
  };
  workspaces: Record<string, number>;
  leases: { armed: number; next_at: string | null };
  deadlines: { armed: number; next: { workspace: string; name: string; at: string }[] };
  loops: {
    name: string;
    every_seconds: number;
    last_at: string | null;
    next_at: string | null;
    problem: string | null;
  }[];
  judgement: {
    state: string;
    held: boolean;
    since: string | null;
    until: string | null;
    reason: string | null;
  };
  streams: number;
};

/** Whom notices go to, and those that were given up. */
export type NotifyWire = {
  targets: {
    name: string;
    kind: string;
    pending: number;
    problem: string | null;
    delivered_at: string | null;
    dead: number;
  }[];
  dead_letters: { id: string; target: string; problem: string | null }[];
};
