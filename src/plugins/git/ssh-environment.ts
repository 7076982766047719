import type { ResolvedHost } from '../net/public-address.ts';

/**
 * Files for ssh. Without a key it shows none, and without known hosts it knows those of the whole machine: what is in
 * the home of whoever runs Keepwell is theirs, not that of everybody who may declare a plugin.
 */
export type SshOptions = { key: string | null; knownHosts: string | null };

/**
 * Makes git reach a host by ssh at the addresses that were checked, as nobody's configuration says otherwise.
 *
 * It asks nothing, forwards nothing, and refuses a host whose key it does not know.
 */
export const sshEnvironment = (
  { name, port, addresses }: ResolvedHost,
  { key, knownHosts }: SshOptions,
): Record<string, string> => {
  const settings = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UpdateHostKeys: 'no',
    ClearAllForwardings: 'yes',
    ControlPath: 'none',
    HostName: literal(addresses[0] ?? name),
    HostKeyAlias: port === 22 ? name : `[${name}]:${port}`,
    UserKnownHostsFile: knownHosts === null ? 'none' : literal(knownHosts),
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    IdentityFile: key === null ? 'none' : literal(key),
  };
  const words = Object.entries(settings).map(([setting, value]) => `-o ${quoted(`${setting}="${value}"`)}`);
  return { GIT_SSH_COMMAND: `ssh -F /dev/null ${words.join(' ')}`, GIT_SSH_VARIANT: 'ssh' };
};

/** ssh puts other things in the place of `%h` and its like. */
const literal = (text: string): string => text.replaceAll('%', '%%');

/** For the shell through which git starts ssh. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
