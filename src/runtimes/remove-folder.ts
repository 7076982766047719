import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Removes the folder of one workspace with all that is in it. Links are removed, never followed.
 *
 * Folders that the agent made read-only go as well. Half-way through a crash, the rest goes with the next call.
 *
 * @throws When `root` is not a folder named like the workspace: better to keep too much than to remove the wrong thing.
 */
export const removeWorkspaceFolder = async (root: string, workspaceId: string): Promise<void> => {
  const unsafe =
    workspaceId === '' || workspaceId === '.' || workspaceId === '..' || /[/\\\0]/.test(workspaceId);
  if (unsafe || basename(root) !== workspaceId || dirname(root) === root) {
    throw new Error(`Not the folder of workspace ${JSON.stringify(workspaceId)}: ${root}`);
  }
  try {
    await rm(root, { recursive: true, force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ENOTEMPTY') throw error;
    await makeWritable(root);
    await rm(root, { recursive: true, force: true });
  }
};

const makeWritable = async (folder: string): Promise<void> => {
  if (!(await lstat(folder)).isDirectory()) return;
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
};
