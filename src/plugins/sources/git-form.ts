import { KeepwellError } from '../../errors.ts';
import { isFullSha, isSafeRef } from '../git/git-ref.ts';
import { invalidSource, type SourceForm } from './source-form.ts';

export type GitTransport = 'https' | 'http' | 'ssh' | 'file';

/** A folder in a git repository at one branch, tag or commit. */
export type GitSource = {
  kind: 'git';
  transport: GitTransport;
  /** Host with its port if that is not the usual one; empty for `file`. */
  host: string;
  /** Whom `ssh` logs in as; null for whoever runs Keepwell, and for the others. */
  user: string | null;
  /** Path of the repository, decoded, without the leading slash. */
  repository: string;
  /** Folder in the repository, decoded; empty for its top. */
  subpath: string;
  ref: string;
};

const USUAL_PORT: Record<GitTransport, string> = {
  https: ':443',
  http: ':80',
  ssh: ':22',
  file: '',
};

/** `git+https://host/owner/repo[.git][//subpath]#ref`, also `git+http`, `git+ssh://user@…` and `git+file:///path`. */
export const gitForm: SourceForm<GitSource> = {
  claims: (text) => /^git\+/i.test(text),
  parse: (text) => {
    const [address, ref] = cut(text, '#');
    const [, scheme = '', rest = ''] = /^git\+([a-z]+):\/\/(.*)$/is.exec(address) ?? [];
    const [authority, path] = cut(rest, '/');
    const transport = parseTransport(scheme.toLowerCase());
    const { user, host } = parseAuthority(transport, authority);
    if (address.includes('?')) throw invalidSource('it has a query');
    const [repository, subpath] = cut(path ?? '', '//');
    return {
      kind: 'git',
      transport,
      host: parseHost(transport, host),
      user,
      repository: parsePath(repository),
      subpath: subpath === undefined ? '' : parsePath(subpath),
      ref: parseRef(ref),
    };
  },
  print: (source) =>
    `git+${gitAddress(source)}${source.subpath && `//${encodePath(source.subpath)}`}#${source.ref}`,
  nameOf: ({ repository, subpath }) => (subpath || repository.replace(/\.git$/, '')).split('/').at(-1) ?? '',
};

/** The address as git wants it. Equal for all sources that share a repository. */
export const gitAddress = ({ transport, user, host, repository }: GitSource): string =>
  `${transport}://${user === null ? '' : `${user}@`}${host}/${encodePath(repository)}`;

const cut = (text: string, mark: string): [string, string?] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
};

const parseTransport = (scheme: string): GitTransport => {
  if (scheme === 'https' || scheme === 'http' || scheme === 'ssh' || scheme === 'file') return scheme;
  throw invalidSource('after git+ comes https, http, ssh or file');
};

/** A name may be part of an ssh address, a password of none. */
const parseAuthority = (transport: GitTransport, text: string): { user: string | null; host: string } => {
  const at = text.lastIndexOf('@');
  if (at < 0) return { user: null, host: text };
  const user = text.slice(0, at);
  if (transport !== 'ssh' || !/^[a-z_][a-z0-9_-]{0,31}$/.test(user))
    throw new KeepwellError('PLUGIN_SOURCE_CREDENTIALS');
  return { user, host: text.slice(at + 1) };
};

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/;

const parseHost = (transport: GitTransport, text: string): string => {
  if (transport === 'file') {
    if (text === '') return '';
    throw invalidSource('git+file has no host', 'Write git+file:///path#ref.');
  }
  const host = text.toLowerCase();
  const found = HOST.exec(host);
  const port = found?.[1];
  if (found === null || port?.startsWith('0') || Number(port ?? 1) > 65_535) {
    throw invalidSource('its host is not valid');
  }
  return `:${port}` === USUAL_PORT[transport] ? host.slice(0, -USUAL_PORT[transport].length) : host;
};

export const parsePath = (text: string): string => {
  const parts = text.split('/').map(decode);
  const isSafe = (part: string) => part !== '.' && part !== '..' && /^[^\p{C}/\\]+$/u.test(part);
  if (!parts.every(isSafe))
    throw invalidSource('its path is not valid', 'No empty parts, no dots alone, no backslash.');
  return parts.join('/');
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidSource('its path is not valid', 'Write a percent sign as %25.');
  }
};

export const encodePath = (path: string) => path.split('/').map(encodeURIComponent).join('/');

export const parseRef = (ref: string | undefined): string => {
  if (ref === undefined || ref === '') throw new KeepwellError('PLUGIN_UNPINNED');
  if (!isSafeRef(ref))
    throw invalidSource('its reference is not valid', 'Name a branch, a tag or a full commit SHA.');
  return isFullSha(ref) ? ref.toLowerCase() : ref;
};
