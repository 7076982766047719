import { constants } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import { type TemplateFile, templateFilesOf } from './template-files.ts';

/**
 * Copies a template's files into `configs`, whose parent may be missing too. What is there already stays as it is.
 *
 * A file is there completely or not at all, whenever this is interrupted. A link in the place of a folder is refused,
 * so that nothing is written elsewhere.
 *
 * @throws `TEMPLATE_INVALID`
 */
export const placeTemplateFiles = async (home: string, configs: string): Promise<void> => {
  const files = await templateFilesOf(home);
  await mkdir(dirname(configs), { recursive: true });
  if (!(await ensureFolder(configs))) throw new Error(`Not a folder: ${configs}`);
  for (const file of files) {
    if (await ensureFoldersOf(file, configs)) await ensureFile(home, configs, file);
  }
};

/** False where the agent put something else in the place of a folder: then what was in it is not wanted there. */
const ensureFoldersOf = async ({ path }: TemplateFile, configs: string): Promise<boolean> => {
  let folder = configs;
  for (const name of path.split('/').slice(0, -1)) {
    folder = join(folder, name);
    if (!(await ensureFolder(folder))) return false;
  }
  return true;
};

const ensureFolder = async (folder: string): Promise<boolean> => {
  await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
  return (await lstat(folder)).isDirectory();
};

const ensureFile = async (
  home: string,
  configs: string,
  { path, executable }: TemplateFile,
): Promise<void> => {
  const target = join(configs, path);
  if ((await lstat(target).catch(() => null)) !== null) return;
  const part = `${target}.keepwell-part`;
  await rm(part, { force: true });
  try {
    await copy(join(home, path), part, executable ? 0o700 : 0o600);
    // Unlike a rename, a link never takes the place of a file that came meanwhile.
    await link(part, target).catch(ignoreExisting);
  } finally {
    await rm(part, { force: true });
  }
};

const copy = async (from: string, to: string, mode: number): Promise<void> => {
  await using source = await openPlain(from);
  await using target = await open(to, 'wx', mode);
  for await (const chunk of source.createReadStream({ autoClose: false }))
    await target.writeFile(chunk as Buffer);
  await target.sync();
};

/** It may have been replaced since it was looked at. */
const openPlain = async (file: string): Promise<FileHandle> => {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new KeepwellError('TEMPLATE_INVALID', { message: `${file} is not a plain file.` });
};

const ignoreExisting = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EEXIST') throw error;
};
