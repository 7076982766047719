import type { Marks } from './instance-mark.ts';
import { type InstanceRecord, readInstanceRecord } from './instance-record.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** What was found of a workspace: its instance's first process, or only what such a process left behind. */
export type Found =
  | { kind: 'leader'; record: InstanceRecord; isRecorded: boolean }
  | { kind: 'leftovers' }
  | { kind: 'nothing' };

type World = { table: ProcessTable; marks: Marks };

/**
 * Finds the instance of a workspace after a restart of the supervisor.
 *
 * The record names it. Without a record of that incarnation (we were killed between start and record) it is the
 * oldest marked process that leads a group. Marked processes whose recorded leader is gone are leftovers.
 */
export const findLeader = async (world: World, root: string, workspaceId: string): Promise<Found> => {
  const recorded = await readRecordOf(world, root, workspaceId);
  if (recorded !== null && (await isStill(world, recorded))) {
    return { kind: 'leader', record: recorded, isRecorded: true };
  }
  const marked = (await world.table.all()).flatMap((entry) => {
    const mark = world.marks.read(entry.mark);
    return mark?.workspaceId === workspaceId ? [{ ...entry, incarnation: mark.incarnation }] : [];
  });
  const [oldest] = marked
    .filter(({ pid, pgid, incarnation }) => pid === pgid && incarnation !== recorded?.incarnation)
    .sort((a, b) => b.incarnation - a.incarnation || a.startedAt - b.startedAt || a.pid - b.pid);
  if (oldest === undefined) return { kind: marked.length > 0 ? 'leftovers' : 'nothing' };
  const { pid, pgid, started, startedAt, incarnation } = oldest;
  return {
    kind: 'leader',
    record: { workspaceId, incarnation, pid, pgid, started, startedAt },
    isRecorded: false,
  };
};

/** The process that the record names, if it is still that process. */
export const findRecorded = async (
  world: World,
  root: string,
  workspaceId: string,
): Promise<InstanceRecord | null> => {
  const record = await readRecordOf(world, root, workspaceId);
  return record !== null && (await isStill(world, record)) ? record : null;
};

const readRecordOf = async (
  { table }: World,
  root: string,
  workspaceId: string,
): Promise<InstanceRecord | null> => {
  const record = await readInstanceRecord(root);
  if (record !== 'damaged') return record?.workspaceId === workspaceId ? record : null;
  if (table.seesMarks) return null;
  throw new Error(`The record of what runs cannot be read: ${root}`);
};

const isStill = async ({ table, marks }: World, record: InstanceRecord): Promise<boolean> => {
  const [entry] = await table.some([record.pid]);
  return entry?.started === record.started && isNobodyElses(entry, marks, record);
};

/** A data folder copied on the same machine brings along records of processes that are still the original's. */
const isNobodyElses = ({ mark }: ProcessEntry, marks: Marks, record: InstanceRecord): boolean =>
  mark === null || marks.read(mark)?.workspaceId === record.workspaceId;
