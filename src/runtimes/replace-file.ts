import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a whole file so that readers and a crash see the old one or the new one, never a part.
 *
 * It is on disk when this resolves. A link at `path` is replaced, not followed. Two writers of one path must take turns.
 */
export const replaceFile = async (path: string, text: string, mode: number): Promise<void> => {
  const draft = `${path}.tmp`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
