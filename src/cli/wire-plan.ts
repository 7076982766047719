/** What the commands read of plans and applies. */
import type { Created } from './tell-connection.ts';

export type WirePlanEntry = {
  name: string;
  action: 'keep' | 'add' | 'update' | 'remove' | 'hold';
  why: string;
  restart: boolean;
  resolved: { revision: string | null; tree_hash: string | null } | null;
  declaration: { source: string } | null;
};

export type Restarts = 'yes' | 'possibly' | 'no';

/** What becomes of one workspace. */
export type WireChange = {
  action: 'create' | 'update' | 'unchanged' | 'conflict' | 'remove';
  name: string;
  id: string | null;
  generation: number | null;
  changes: { path: string; from: unknown; to: unknown }[];
  plugins: WirePlanEntry[];
  restarts: Restarts;
  restart_why: string | null;
  problem: string | null;
  note: string | null;
  done: boolean;
  connection: NonNullable<Created['connection']> | null;
};

export type WireApplied = { set: string; dry_run: boolean; complete: boolean; items: WireChange[] };
