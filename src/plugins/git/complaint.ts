import { KeepwellError } from '../../errors.ts';
import { gitTokenName } from '../../git-token-name.ts';
import type { GitTransport } from '../sources/git-form.ts';

/**
 * What git's complaint means for a plugin.
 *
 * Repeats git's own line alone; what the other side said (`remote: …`) is nobody's to vouch for.
 */
export const readComplaint = (
  stderr: string,
  { host, transport }: { host: string; transport: GitTransport },
): KeepwellError => {
  const line = stderr.split('\n').find((text) => /^(fatal|error): /.test(text)) ?? 'git failed';
  const said = line
    .replace(/^(fatal|error): /, '')
    .replace(/\p{C}/gu, ' ')
    .slice(0, 300);
  const message = `The plugin could not be fetched: ${said}`;
  if (isOutOfMemory(stderr)) {
    return new KeepwellError('PLUGIN_TOO_LARGE', {
      message: 'The plugin is too large. Its repository sends more than git has memory for.',
    });
  }
  if (transport === 'ssh' && /^Host key verification failed/m.test(stderr)) {
    return new KeepwellError('PLUGIN_FETCH_FAILED', {
      message: `The host key of ${host} is not known, or is another one.`,
      hint: 'Put its key, once checked, into the file that `plugin_ssh_known_hosts` names.',
    });
  }
  if (transport === 'ssh' && /Permission denied \(/.test(stderr)) {
    return new KeepwellError('PLUGIN_FETCH_FAILED', {
      message: `${host} lets nobody in with the key that it was shown.`,
      hint: '`plugin_ssh_key` names a private key; its public half must be known there.',
    });
  }
  const asksForToken = /could not read Username|Authentication failed|returned error: 40[13]/i.test(said);
  const tokenHint = `A token for it goes into ${gitTokenName(host)}: a variable of Keepwell's environment, or a global secret.`;
  if (asksForToken) {
    const hint = `It is private or does not exist. ${tokenHint}`;
    return new KeepwellError('PLUGIN_FETCH_FAILED', { message, hint });
  }
  if (/not found|does not appear to be a git repository|not a git repository/i.test(said)) {
    return new KeepwellError('PLUGIN_NOT_FOUND', {
      message: `There is no such repository: ${said}`,
      ...(/^https?$/.test(transport) ? { hint: `Check its address. If it is private: ${tokenHint}` } : {}),
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

/** Whether the other side sent more than git could hold. */
export const isOutOfMemory = (stderr: string): boolean => /out of memory/i.test(stderr);

/** Whether git complains about its own objects, so that a new mirror would help. */
export const isDamage = (stderr: string): boolean =>
  /corrupt|bad object|bad pack|packfile|index file|inflate|unable to read|object .* is missing/i.test(stderr);
