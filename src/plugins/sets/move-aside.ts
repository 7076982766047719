import { lstat, rename, rmdir } from 'node:fs/promises';

/** Renames whatever is at a path to `<path>.before-keepwell`, or that with a number, so that nothing is lost; an empty folder goes. */
export const moveAside = async (path: string): Promise<void> => {
  if (!(await exists(path)) || (await removeEmpty(path))) return;
  let aside = `${path}.before-keepwell`;
  for (let number = 2; await exists(aside); number++) aside = `${path}.before-keepwell-${number}`;
  await rename(path, aside);
};

const removeEmpty = (path: string): Promise<boolean> =>
  rmdir(path).then(
    () => true,
    () => false,
  );

const exists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
};
