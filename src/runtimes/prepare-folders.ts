import { chmod, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkspaceFolders } from '../folders.ts';
import { replaceFile } from './replace-file.ts';

/**
 * Makes what is missing of a workspace's folders, an empty one for plugins included, and puts the agent's token into `<configs>/.auth_token` (0600).
 *
 * `configs` and `logs` are for their owner alone. A link in the place of a folder is refused, so that nothing is
 * written outside.
 */
export const prepareFolders = async (folders: WorkspaceFolders, token: string): Promise<void> => {
  await mkdir(folders.root, { recursive: true });
  for (const folder of [folders.configs, folders.workspace, folders.logs]) {
    await mkdir(folder).catch(ignoreExisting);
    if (!(await lstat(folder)).isDirectory()) throw new Error(`Not a folder: ${folder}`);
  }
  // An agent may look for its plugins before it has any. What is there already stays, a link to a set above all.
  await mkdir(join(folders.configs, 'plugins')).catch(ignoreExisting);
  await chmod(folders.configs, 0o700);
  await chmod(folders.logs, 0o700);
  await replaceFile(join(folders.configs, '.auth_token'), token, 0o600);
};

const ignoreExisting = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EEXIST') throw error;
};
