import type { EpochMs } from '../../machines/time.ts';
import type { WorkspaceFolders } from '../folders.ts';
import { instanceEnv } from './instance-env.ts';
import { writeInstanceRecord } from './instance-record.ts';
import { openLogToAppend } from './log-file.ts';
import { prepareFolders } from './prepare-folders.ts';
import type { ProcessTable } from './process-table.ts';
import type { RunningInstance } from './running-instance.ts';
import { sendSignal } from './send-signal.ts';
import { spawnDetached } from './spawn-detached.ts';

export type LaunchOrder = {
  spec: { workspaceId: string; incarnation: number; env: Record<string, string>; token: string; url: string };
  /** The file to run, and the words it is called with. */
  program: string;
  command: readonly string[];
  folders: WorkspaceFolders;
  baseEnv: Record<string, string>;
  mark: string;
};

/**
 * Makes the folders, writes the token, starts the process and records it, in this order. Killed between the last two,
 * the process is found by its mark.
 *
 * @throws When the process cannot be started or recorded. It may then be dying still.
 */
export const launchInstance = async (
  { table, now }: { table: ProcessTable; now: () => EpochMs },
  { spec, program, command, folders, baseEnv, mark }: LaunchOrder,
): Promise<RunningInstance> => {
  await prepareFolders(folders, spec.token);
  const child = await spawnInto(folders, program, command, instanceEnv(baseEnv, spec, folders, mark));
  const { workspaceId, incarnation } = spec;
  const instance = { workspaceId, incarnation, startedAt: now(), pid: child.pid };
  try {
    // One that ended already is recorded all the same: what it left behind is then known as such.
    const [entry] = await table.some([child.pid]);
    const leader = { pid: child.pid, started: entry?.started ?? 'ended' };
    await writeInstanceRecord(folders.root, {
      workspaceId,
      incarnation,
      ...leader,
      pgid: child.pid,
      startedAt: instance.startedAt,
    });
    return { instance, leader, child, exit: null };
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) sendSignal(-child.pid, 'SIGKILL');
    throw error;
  }
};

const spawnInto = async (
  folders: WorkspaceFolders,
  program: string,
  command: readonly string[],
  env: Record<string, string>,
) => {
  const log = await openLogToAppend(folders.logs);
  try {
    return await spawnDetached(program, command, { folder: folders.workspace, env, output: log.fd });
  } finally {
    await log.close();
  }
};
