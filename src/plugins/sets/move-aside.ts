import { lstat, rename } from 'node:fs/promises';

/** Renames whatever is at a path to `<path>.before-keepwell`, or that with a number, so that nothing is lost. */
export const moveAside = async (path: string): Promise<void> => {
  if (!(await exists(path))) return;
  let aside = `${path}.before-keepwell`;
  for (let number = 2; await exists(aside); number++) aside = `${path}.before-keepwell-${number}`;
  await rename(path, aside);
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
};
