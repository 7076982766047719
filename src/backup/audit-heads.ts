import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptPlace } from '../audit/chain.ts';
import { ENDING } from './manifest.ts';
import { readManifestOf } from './read-backup.ts';

/** The ends of the audit that the backups of a data folder hold, oldest first by name. What has none is left out. */
export const auditHeadsOfBackups = async (root: string): Promise<KeptPlace[]> => {
  const folder = join(root, 'backups');
  if (!existsSync(folder)) return [];
  const files = (await readdir(folder)).filter((name) => name.endsWith(ENDING)).toSorted();
  const manifests = await Promise.all(
    files.map(async (name) => ({
      name,
      manifest: await readManifestOf(join(folder, name)).catch(() => null),
    })),
  );
  return manifests.flatMap(({ name, manifest }) => {
    const head = manifest?.audit?.head;
    return head === undefined || head.seq === 0 ? [] : [{ ...head, from: `the backup ${name}` }];
  });
};
