import { setTimeout as pause } from 'node:timers/promises';
import type { DurationMs } from '../../machines/time.ts';
import type { Patience } from './patience.ts';
import { type ProcessEntry, type ProcessIdentity, type ProcessTable, stillAlive } from './process-table.ts';
import { sendSignal } from './send-signal.ts';

const SURVIVAL_MS: DurationMs = 5_000;
const STEP_MS: DurationMs = 20;
const LONGEST_STEP_MS: DurationMs = 100;

/**
 * Asks (SIGTERM), waits as long as `patience` lasts, insists (SIGKILL).
 *
 * Resolves when `look` found nobody alive twice in a row: a process that forks and ends can slip through one look.
 * Whoever was seen once is remembered, also when it leaves its group or loses its parent.
 *
 * @param look Finds the processes to stop, given those seen so far.
 * @returns Whether there was anything to stop.
 * @throws When something is still alive `survivalMs` (default 5 s) after the first SIGKILL; names the pids.
 */
export const stopProcesses = async (
  table: ProcessTable,
  look: (seen: readonly ProcessIdentity[]) => Promise<ProcessEntry[]>,
  patience: Patience,
  survivalMs: DurationMs = SURVIVAL_MS,
): Promise<boolean> => {
  const seen = new Map<string, ProcessEntry>();
  const lookAgain = async (): Promise<ProcessEntry[]> => {
    const members = await look([...seen.values()]);
    for (const member of members) seen.set(`${member.pid} ${member.started}`, member);
    return members;
  };

  let members = await lookAgain();
  if (members.length === 0) return false;

  const asked = new Set<string>();
  patience.begin();
  for (
    let step = STEP_MS;
    !patience.isOver() && members.length > 0;
    step = Math.min(step * 2, LONGEST_STEP_MS)
  ) {
    const fresh = members.filter(({ pid, started }) => !asked.has(`${pid} ${started}`));
    for (const { pid, started } of fresh) asked.add(`${pid} ${started}`);
    signal(fresh, 'SIGTERM');
    // One that is stopped hears SIGTERM only when it goes on.
    signal(fresh, 'SIGCONT');
    await pause(Math.min(step, patience.leftMs()));
    members = await stillAlive(table, members);
    if (members.length === 0) members = await lookAgain();
  }

  let killedAt: number | null = null;
  for (let quiet = 0; quiet < 2; ) {
    members = await lookAgain();
    quiet = members.length === 0 ? quiet + 1 : 0;
    if (quiet > 0) continue;
    killedAt ??= performance.now();
    if (performance.now() - killedAt > survivalMs) {
      throw new Error(`Processes survived SIGKILL: ${members.map(({ pid }) => pid).join(', ')}`);
    }
    signal(members, 'SIGKILL');
    await pause(STEP_MS);
  }
  return true;
};

/** A group whose leader is among the members is signalled as one, so that no fork slips away in between. Whether it helped shows the next look. */
const signal = (members: readonly ProcessEntry[], name: NodeJS.Signals): void => {
  const leaders = new Set(members.filter(({ pid, pgid }) => pid === pgid).map(({ pgid }) => pgid));
  for (const pgid of leaders) sendSignal(-pgid, name);
  for (const { pid, pgid } of members) if (!leaders.has(pgid)) sendSignal(pid, name);
};
