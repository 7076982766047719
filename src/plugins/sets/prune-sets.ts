import { rename, rm } from 'node:fs/promises';
import { readLock } from './set-lock.ts';
import { draftsOnDisk, generationsOnDisk, type SetPaths } from './set-paths.ts';

/**
 * Removes all sets but the newest `keep`: the one in force, the one it took over from, then the highest numbers.
 * Those in `needed` stay whatever their number.
 *
 * A set leaves by its name first, so none is ever seen half removed. What cannot be removed stays until next time.
 */
export const pruneSets = async (
  paths: SetPaths,
  {
    inForce,
    replaced,
    keep,
    needed,
  }: { inForce: number; replaced: number; keep: number; needed: readonly number[] },
): Promise<void> => {
  const onDisk = await generationsOnDisk(paths);
  const { previous = 0 } = (await readLock(paths.lock(inForce))) ?? {};
  const newest = new Set([inForce, replaced, previous, ...onDisk.toReversed()]);
  const latest = [...newest].filter((generation) => onDisk.includes(generation)).slice(0, keep);
  const kept = [...latest, ...needed];
  for (const generation of onDisk.filter((generation) => !kept.includes(generation))) {
    await rename(paths.folder(generation), paths.draft()).catch(() => {});
    await rm(paths.lock(generation), { force: true }).catch(() => {});
  }
  await removeDrafts(paths);
};

/** Removes what was left half-done, as far as that is possible. Nobody may be staging meanwhile. */
export const removeDrafts = async (paths: SetPaths): Promise<void> => {
  for (const draft of await draftsOnDisk(paths))
    await rm(draft, { recursive: true, force: true }).catch(() => {});
};
