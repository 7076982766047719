import type { EpochMs } from '../../machines/time.ts';

/** What people can be told of; a target names the ones it wants under `on`. */
export type NoticeKind =
  | 'offline'
  | 'failed'
  | 'degraded'
  | 'recovered'
  | 'plugins_held'
  | 'supervisor_hold'
  | 'test';

/** One thing that somebody is told. As stored: what it says does not change while it waits. */
export type Notice = {
  id: string;
  kind: NoticeKind;
  /** All notices of one incident have the same; who can, shows them as one thread. */
  incident: string;
  /** The workspace; null for the supervisor itself. */
  workspaceId: string | null;
  name: string | null;
  at: EpochMs;
  text: string;
  hint: string | null;
};
