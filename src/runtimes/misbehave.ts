import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkspaceFolders } from '../folders.ts';
import { replaceFile } from './replace-file.ts';
import { createTurns } from './turns.ts';

/**
 * Writes how an agent is to misbehave into the file `misbehave` of the folder it runs in, where it looks for it; null
 * empties that file. Works before the first start too.
 */
export const createMisbehave = (foldersOf: (workspaceId: string) => WorkspaceFolders) => {
  const turns = createTurns();
  return (workspaceId: string, how: string | null): Promise<void> =>
    turns(workspaceId, async () => {
      const { workspace } = foldersOf(workspaceId);
      await mkdir(workspace, { recursive: true });
      if (!(await lstat(workspace)).isDirectory()) throw new Error(`Not a folder: ${workspace}`);
      await replaceFile(join(workspace, 'misbehave'), how ?? '', 0o600);
    });
};
