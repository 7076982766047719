import { KeepwellError } from '../../errors.ts';
import { encodePath, type GitSource, gitForm, parsePath, parseRef } from './git-form.ts';
import { invalidSource, type SourceForm } from './source-form.ts';

export type Forge = 'github' | 'gitea';

/** A folder in a repository of a forge, wherever that forge is. */
export type ForgeSource = {
  kind: Forge;
  /** `owner/repository`. */
  repository: string;
  /** Folder in the repository; empty for its top. */
  subpath: string;
  ref: string;
};

/** `github://owner/repo[/folder]#ref`, and the same with `gitea`. */
export const forgeForm = (forge: Forge): SourceForm<ForgeSource> => ({
  claims: (text) => text.toLowerCase().startsWith(`${forge}://`),
  parse: (text) => {
    const rest = text.slice(`${forge}://`.length);
    const at = rest.indexOf('#');
    const address = at < 0 ? rest : rest.slice(0, at);
    // Folders may have an `@`; whatever could be a password before one is not repeated.
    if (/^[^/]*@|:.*@/.test(address)) throw new KeepwellError('PLUGIN_SOURCE_CREDENTIALS');
    if (address.includes('?')) throw invalidSource('it has a query');
    const [owner = '', repository = '', ...subpath] = parsePath(address.replace('//', '/')).split('/');
    const name = repository.replace(/(\.git)+$/, '');
    if (!isForgeName(owner) || !isForgeName(name))
      throw invalidSource('it names no repository', `Write ${forge}://owner/repo#ref.`);
    return {
      kind: forge,
      repository: `${owner}/${name}`,
      subpath: subpath.join('/'),
      ref: parseRef(at < 0 ? undefined : rest.slice(at + 1)),
    };
  },
  print: ({ repository, subpath, ref }) =>
    `${forge}://${encodePath(subpath === '' ? repository : `${repository}/${subpath}`)}#${ref}`,
  nameOf: ({ repository, subpath }) => (subpath || repository).split('/').at(-1) ?? '',
});

const isForgeName = (name: string): boolean => /^[a-z0-9._][a-z0-9._-]*$/i.test(name);

/** The git source that it stands for when the forge is at `baseUrl`. */
export const onForge = ({ repository, subpath, ref }: ForgeSource, baseUrl: string): GitSource => {
  const folder = subpath === '' ? '' : `//${encodePath(subpath)}`;
  return gitForm.parse(`git+${baseUrl.replace(/\/+$/, '')}/${encodePath(repository)}${folder}#${ref}`);
};
