import { KeepwellError } from '../../errors.ts';
import { isFullSha, isSafeRef } from '../git/git-ref.ts';
import { invalidSource, type SourceForm } from './source-form.ts';

export type GitTransport = 'https' | 'http' | 'file';

/** A folder in a git repository at one branch, tag or commit. */
export type GitSource = {
  kind: 'git';
  transport: GitTransport;
  /** Host with its port if that is not the usual one; empty for `file`. */
  host: string;
  /** Path of the repository, decoded, without the leading slash. */
  repository: string;
  /** Folder in the repository, decoded; empty for its top. */
  subpath: string;
  ref: string;
};

const USUAL_PORT: Record<GitTransport, string> = { https: ':443', http: ':80', file: '' };

/** `git+https://host/owner/repo[.git][//subpath]#ref`, also `git+http` and `git+file:///path`. */
export const gitForm: SourceForm<GitSource> = {
  claims: (text) => /^git\+/i.test(text),
  parse: (text) => {
    const [address, ref] = cut(text, '#');
    const [, scheme = '', rest = ''] = /^git\+([a-z]+):\/\/(.*)$/is.exec(address) ?? [];
    const [host, path] = cut(rest, '/');
    if (host.includes('@')) throw new KeepwellError('PLUGIN_SOURCE_CREDENTIALS');
    if (address.includes('?')) throw invalidSource('it has a query');
    const transport = parseTransport(scheme.toLowerCase());
    const [repository, subpath] = cut(path ?? '', '//');
    return {
      kind: 'git',
      transport,
      host: parseHost(transport, host),
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
export const gitAddress = ({ transport, host, repository }: GitSource): string =>
  `${transport}://${host}/${encodePath(repository)}`;

const cut = (text: string, mark: string): [string, string?] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
};

const parseTransport = (scheme: string): GitTransport => {
  if (scheme === 'https' || scheme === 'http' || scheme === 'file') return scheme;
  if (scheme === 'ssh') throw invalidSource('git+ssh is not supported yet', 'Use git+https://…#ref.');
  throw invalidSource('after git+ comes https, http or file');
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

const parsePath = (text: string): string => {
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

const encodePath = (path: string) => path.split('/').map(encodeURIComponent).join('/');

const parseRef = (ref: string | undefined): string => {
  if (ref === undefined || ref === '') throw new KeepwellError('PLUGIN_UNPINNED');
  if (!isSafeRef(ref))
    throw invalidSource('its reference is not valid', 'Name a branch, a tag or a full commit SHA.');
  return isFullSha(ref) ? ref.toLowerCase() : ref;
};
