import type { PluginCacheOptions } from './cache.ts';

/** A kind of source, and whether plugins may come from there. */
export type SourceKind = {
  kind: string;
  form: string;
  pin: string;
  available: boolean;
  problem: string | null;
};

/** Every kind of source, in the words of the README. */
export const describeSources = ({
  allow = null,
  giteaUrl = null,
  allowFileUrls = false,
}: Pick<PluginCacheOptions, 'allow' | 'giteaUrl' | 'allowFileUrls'>): {
  allow: string[] | null;
  items: SourceKind[];
} => {
  const ref = 'branch, tag or full commit';
  const kind = (name: string, form: string, pin: string, problem: string | null = null): SourceKind => ({
    kind: name,
    form,
    pin,
    available: problem === null,
    problem,
  });
  return {
    allow: allow === null ? null : [...allow],
    items: [
      kind('local', 'local://name', 'none: its hash is recorded'),
      kind('github', 'github://owner/repo[/folder]#ref', ref),
      kind(
        'gitea',
        'gitea://owner/repo[/folder]#ref',
        ref,
        giteaUrl === null ? '`plugin_gitea_url` is not set' : null,
      ),
      kind('git+https', 'git+https://host/path[//folder]#ref', ref),
      kind('git+ssh', 'git+ssh://user@host/path[//folder]#ref', ref),
      kind(
        'git+file',
        'git+file:///path[//folder]#ref',
        ref,
        allowFileUrls ? null : '`plugin_allow_file` is not set',
      ),
      kind('archive', 'https://host/file.tgz#sha256=…', 'SHA-256 of the file'),
    ],
  };
};
