import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EpochMs } from '../../machines/time.ts';
import { replaceFile } from './replace-file.ts';

/** What is kept of a running instance, so that a later supervisor finds it. */
export type InstanceRecord = {
  workspaceId: string;
  incarnation: number;
  pid: number;
  /** Always the leader's pid; kept for whoever reads the file. */
  pgid: number;
  /** The leader's identity beyond its pid; see `ProcessEntry`. */
  started: string;
  startedAt: EpochMs;
};

const pathOf = (root: string) => join(root, 'instance.json');

export const writeInstanceRecord = (root: string, record: InstanceRecord): Promise<void> =>
  replaceFile(pathOf(root), `${JSON.stringify(record, null, 2)}\n`, 0o600);

export const removeInstanceRecord = (root: string): Promise<void> => rm(pathOf(root), { force: true });

/** Null when there is none; `damaged` when what is there says nothing of use. Rejects when it cannot be read. */
export const readInstanceRecord = async (root: string): Promise<InstanceRecord | 'damaged' | null> => {
  const text = await readFile(pathOf(root), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : 'damaged';
  } catch {
    return 'damaged';
  }
};

const isRecord = (value: unknown): value is InstanceRecord => {
  const record = value as Partial<InstanceRecord> | null;
  return (
    typeof record?.workspaceId === 'string' &&
    typeof record.started === 'string' &&
    Number.isSafeInteger(record.incarnation) &&
    Number.isSafeInteger(record.startedAt) &&
    Number.isSafeInteger(record.pid) &&
    (record.pid ?? 0) > 1
  );
};
