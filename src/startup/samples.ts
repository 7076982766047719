import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataFolders } from '../folders.ts';

/** Gives a data folder that has none yet the templates and plugins that come with Keepwell. */
export const placeSamples = (folders: DataFolders, packaged: DataFolders): void => {
  if (folders.root === packaged.root) return;
  for (const name of ['templates', 'registry'] as const) {
    if (existsSync(folders[name]) || !existsSync(packaged[name])) continue;
    cpSync(packaged[name], join(folders[name]), { recursive: true });
  }
};
