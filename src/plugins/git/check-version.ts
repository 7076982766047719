import { KeepwellError } from '../../errors.ts';
import type { Git } from './run-git.ts';

/** What connects to the address that it is told, and to no other; older ones ignore that without a word. */
const OLDEST = [2, 37] as const;
export const OLDEST_GIT = OLDEST.join('.');

/** By what `git version` prints. */
export const isGitNewEnough = (told: string): boolean => {
  const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(told) ?? [];
  return Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
};

/**
 * Makes the check that git is new enough to reach others by http. It is made once, when it is first needed.
 *
 * @returns a function that rejects with `PLUGIN_FETCH_FAILED` when git is too old
 */
export const createVersionCheck = (git: Git): ((signal: AbortSignal) => Promise<void>) => {
  let isNewEnough = false;
  return async (signal) => {
    if (isNewEnough) return;
    const { stdout } = await git.run(['version'], signal);
    const told = stdout.toString();
    isNewEnough = isGitNewEnough(told);
    if (isNewEnough) return;
    const found = /^git version (\d+\.\d+)/.exec(told)?.[1] ?? 'one that does not say its version';
    throw new KeepwellError('PLUGIN_FETCH_FAILED', {
      message: `The git of this machine is too old: ${found}.`,
      hint: `Install git ${OLDEST_GIT} or newer.`,
    });
  };
};
