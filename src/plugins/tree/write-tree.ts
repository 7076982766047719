import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isGenerated } from './generated.ts';
import type { TreeOptions } from './list-tree.ts';
import { createTreeChecks, type TreeChecks } from './tree-checks.ts';
import { type FileRecord, hashRecords, type TreeHashes } from './tree-digest.ts';
import type { TreeEntry } from './tree-entry.ts';

/**
 * Writes what a source offers into a new folder, checks all of it on the way and hashes what was written.
 *
 * Files become read-only. Whoever calls removes `folder` when this rejects.
 *
 * @throws {KeepwellError} as `TreeChecks`
 */
export const writeTree = async (
  entries: AsyncIterable<TreeEntry>,
  folder: string,
  { limits, signal }: TreeOptions,
): Promise<TreeHashes> => {
  const checks = createTreeChecks(limits);
  const records: FileRecord[] = [];
  await mkdir(folder);
  for await (const entry of entries) {
    signal.throwIfAborted();
    if (!isGenerated(entry.path) && checks.admit(entry))
      records.push(await writeEntry(entry, folder, checks));
  }
  checks.finish();
  return hashRecords(records);
};

const writeEntry = async (entry: TreeEntry, folder: string, checks: TreeChecks): Promise<FileRecord> => {
  const file = join(folder, entry.path);
  const hasher = createHash('sha256');
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'wx');
  try {
    for await (const chunk of entry.bytes()) {
      checks.count(chunk.byteLength);
      hasher.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.chmod(entry.executable ? 0o555 : 0o444);
  } finally {
    await handle.close();
  }
  return { path: entry.path, mark: entry.executable ? 'x' : '-', content: hasher.digest('hex') };
};
