import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { KeepwellError } from '../../errors.ts';

const LONGEST = 1024 * 1024;

/** The text of a plain file; null when there is none. @throws `TEMPLATE_INVALID` for more than 1 MiB */
export const readSmallFile = async (file: string): Promise<string | null> => {
  try {
    // A pipe in its place must not keep us waiting.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await handle.stat();
    if (!(await handle.stat()).isFile()) return null;
    if (size > LONGEST)
      throw new KeepwellError('TEMPLATE_INVALID', { message: `${file} is larger than 1 MiB.` });
    return await handle.readFile('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
};
