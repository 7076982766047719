import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eachOf } from '../each-of.ts';
import { syncPath } from '../write-file.ts';

/** Puts a folder that holds only files and folders on the disk, so that a rename after this cannot show half of it. */
export const syncTree = async (folder: string): Promise<void> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  await eachOf(entries, AT_ONCE, (entry) => syncPath(join(entry.parentPath, entry.name)));
  await syncPath(folder);
};

const AT_ONCE = 16;
