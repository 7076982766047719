import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';

/** A file of a template. `path` is relative, with slashes. */
export type TemplateFile = { path: string; size: number; executable: boolean };

const MOST_BYTES = 10 * 1024 * 1024;
const MOST_FILES = 2_000;
const DEEPEST = 16;

/** What the supervisor itself keeps at the top of `configs`, and what is only for it. */
const NOT_FOR_AGENTS = new Set(['template.yaml', 'plugins', '.plugins', '.auth_token', '.git']);

/**
 * The plain files of a template's folder that its agent gets, folders before what is in them; links and devices are
 * left out.
 *
 * @throws `TEMPLATE_INVALID` when they are more than 10 MiB, 2,000 files or 16 folders deep
 */
export const templateFilesOf = async (home: string): Promise<TemplateFile[]> => {
  const files: TemplateFile[] = [];
  let bytes = 0;
  const walk = async (folder: string, depth: number): Promise<void> => {
    if (depth > DEEPEST) throw tooMuch(`its folders are more than ${DEEPEST} deep`);
    const entries = await readdir(join(home, folder), { withFileTypes: true });
    for (const { name } of entries) {
      if (folder === '' && NOT_FOR_AGENTS.has(name)) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      const found = await lstat(join(home, path));
      if (found.isDirectory()) await walk(path, depth + 1);
      if (!found.isFile()) continue;
      files.push({ path, size: found.size, executable: (found.mode & 0o100) !== 0 });
      bytes += found.size;
      if (bytes > MOST_BYTES) throw tooMuch('its files are more than 10 MiB');
      if (files.length > MOST_FILES) throw tooMuch(`it has more than ${MOST_FILES} files`);
    }
  };
  await walk('', 1);
  return files;
};

const tooMuch = (why: string) =>
  new KeepwellError('TEMPLATE_INVALID', {
    message: why,
    hint: 'Keep in a template only what its agents need at their first start.',
  });
