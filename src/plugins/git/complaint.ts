import { KeepwellError } from '../../errors.ts';

/**
 * What git's complaint means for a plugin.
 *
 * Repeats git's own line alone; what the other side said (`remote: …`) is nobody's to vouch for.
 */
export const readComplaint = (stderr: string): KeepwellError => {
  const line = stderr.split('\n').find((text) => /^(fatal|error): /.test(text)) ?? 'git failed';
  const said = line
    .replace(/^(fatal|error): /, '')
    .replace(/\p{C}/gu, ' ')
    .slice(0, 300);
  const message = `The plugin could not be fetched: ${said}`;
  if (/not found|does not appear to be a git repository|not a git repository/i.test(said)) {
    return new KeepwellError('PLUGIN_NOT_FOUND', { message: `There is no such repository: ${said}` });
  }
  if (/could not read Username|Authentication failed|returned error: 40[13]/i.test(said)) {
    return new KeepwellError('PLUGIN_FETCH_FAILED', {
      message,
      hint: 'The repository is private or does not exist; sources that ask for credentials are not supported.',
    });
  }
  if (/redirect|returned error: 30\d/i.test(said)) {
    return new KeepwellError('PLUGIN_FETCH_FAILED', {
      message,
      hint: 'The source redirects, which is not followed: declare the address that it redirects to.',
    });
  }
  return new KeepwellError('PLUGIN_FETCH_FAILED', { message });
};

/** Whether git complains about its own objects, so that a new mirror would help. */
export const isDamage = (stderr: string): boolean =>
  /corrupt|bad object|bad pack|packfile|index file|inflate|unable to read|object .* is missing/i.test(stderr);
