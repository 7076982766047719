import type { ChildProcess } from 'node:child_process';
import type { EpochMs } from '../../machines/time.ts';
import type { ProcessIdentity } from './process-table.ts';

export type Instance = { workspaceId: string; incarnation: number; startedAt: EpochMs; pid: number | null };

export type InstanceExit = {
  workspaceId: string;
  incarnation: number;
  code: number | null;
  signal: string | null;
};

/** An instance this runtime watches over. */
export type RunningInstance = {
  instance: Instance;
  leader: ProcessIdentity;
  /** Null for an adopted one, whose end only polling shows. */
  child: ChildProcess | null;
  /** How it ended, once that was noticed. */
  exit: InstanceExit | null;
};

export const exitOf = (
  { workspaceId, incarnation }: Instance,
  code: number | null = null,
  signal: string | null = null,
): InstanceExit => ({ workspaceId, incarnation, code, signal });
