import { KeepwellError } from '../../errors.ts';
import type { Git } from './run-git.ts';

/** What connects to the address that it is told, and to no other; older ones ignore that without a word. */
const OLDEST = [2, 37] as const;

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
    const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(stdout.toString()) ?? [];
    const [least, leastMinor] = OLDEST;
    isNewEnough = Number(major) > least || (Number(major) === least && Number(minor) >= leastMinor);
    if (isNewEnough) return;
    const found = major === undefined ? 'one that does not say its version' : `${major}.${minor}`;
    throw new KeepwellError('PLUGIN_FETCH_FAILED', {
      message: `The git of this machine is too old: ${found}.`,
      hint: `Install git ${OLDEST.join('.')} or newer.`,
    });
  };
};
