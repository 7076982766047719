import { KeepwellError } from '../../errors.ts';
import { type ForgeSource, onForge } from './forge-form.ts';
import type { GitSource } from './git-form.ts';
import type { SourceReader } from './source-reader.ts';

/** Reads from a forge as git reads from where the forge is; null when nobody said where that is. */
export const createForgeReader = (
  git: SourceReader<GitSource>,
  baseUrl: string | null,
): SourceReader<ForgeSource> => {
  const asGit = (source: ForgeSource): GitSource => {
    if (baseUrl !== null) return onForge(source, baseUrl);
    throw new KeepwellError('PLUGIN_SOURCE_REFUSED', {
      message: `Nobody said where ${source.kind}:// sources are.`,
      hint: `Set \`plugin_${source.kind}_url\`, or write git+https://…#ref.`,
    });
  };
  return {
    resolve: async (source, signal) => git.resolve(asGit(source), signal),
    async *read(source, revision, signal) {
      yield* git.read(asGit(source), revision, signal);
    },
  };
};
