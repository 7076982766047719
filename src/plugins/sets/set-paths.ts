import { randomUUID } from 'node:crypto';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a workspace's sets are. `link` is what agents read; all else is behind it. */
export type SetPaths = {
  configs: string;
  link: string;
  sets: string;
  /** What the link contains: relative, so that it holds wherever the folder is mounted. */
  target(generation: number): string;
  folder(generation: number): string;
  lock(generation: number): string;
  /** A new name for something half-done; such names are removed whenever a set is staged. */
  draft(): string;
};

const DRAFT = /^\.draft-|\.tmp$/;

export const setPaths = (configs: string, link = 'plugins'): SetPaths => {
  const sets = join(configs, `.${link}`);
  return {
    configs,
    link: join(configs, link),
    sets,
    target: (generation) => `.${link}/${generation}`,
    folder: (generation) => join(sets, String(generation)),
    lock: (generation) => join(sets, `${generation}.json`),
    draft: () => join(sets, `.draft-${randomUUID()}`),
  };
};

/** The number that the link names; 0 when there is no link, or one to anywhere else. */
export const generationInForce = async (paths: SetPaths): Promise<number> => {
  const target = await readlink(paths.link).catch(() => '');
  const number = Number(/\/([1-9]\d{0,14})$/.exec(target)?.[1] ?? 0);
  const isOurs = number > 0 && target === paths.target(number);
  return isOurs && (await isFolder(paths.sets)) ? number : 0;
};

/** Every number that was ever used and has left a trace, ascending; the set may be incomplete. */
export const generationsOnDisk = async ({ sets }: SetPaths): Promise<number[]> => {
  const names = await readdir(sets).catch(() => []);
  const numbers = names.map((name) => /^([1-9]\d{0,14})(\.json)?$/.exec(name)?.[1]);
  return [...new Set(numbers.filter((number) => number !== undefined).map(Number))].sort((a, b) => a - b);
};

/** Full paths of what was left half-done. */
export const draftsOnDisk = async ({ sets }: SetPaths): Promise<string[]> =>
  (await readdir(sets).catch(() => [])).filter((name) => DRAFT.test(name)).map((name) => join(sets, name));

/** Whether there is a folder, not a link to one. */
export const isFolder = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => null))?.isDirectory() ?? false;
