import { constants, copyFile, link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeepwellError } from '../errors.ts';
import { syncPath } from './sync.ts';

/** File systems without hard links say one of these. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Gives a whole file its name, on the disk when this resolves. A rename would replace what was made there meanwhile.
 *
 * @throws {KeepwellError} `BACKUP_EXISTS`
 */
export const placeNew = async (draft: string, file: string): Promise<void> => {
  try {
    await link(draft, file).catch(async (error: NodeJS.ErrnoException) => {
      if (!NO_LINKS.has(error.code ?? '')) throw error;
      await copyFile(draft, file, constants.COPYFILE_EXCL);
      await syncPath(file);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new KeepwellError('BACKUP_EXISTS', { message: `${file} is there already.`, cause: error });
  }
  await rm(draft);
  await syncPath(dirname(file));
};
