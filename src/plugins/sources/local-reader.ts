import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { KeepwellError } from '../../errors.ts';
import type { PluginLimits } from '../limits.ts';
import { hashTree, isExecutable } from '../tree/hash-tree.ts';
import { type FoundEntry, listTree } from '../tree/list-tree.ts';
import { openRegularFile } from '../tree/open-file.ts';
import type { TreeEntry } from '../tree/tree-entry.ts';
import type { LocalSource } from './local-form.ts';
import type { SourceReader } from './source-reader.ts';

/** Reads `<registry>/<name>/`. Never leaves the registry: neither the folder nor anything in it may be a link. */
export const createLocalReader = (
  registryFolder: string,
  limits: PluginLimits,
): SourceReader<LocalSource> => {
  const folderOf = async ({ name }: LocalSource) => {
    const folder = join(registryFolder, name);
    const found = await lstat(folder).catch(() => null);
    if (found?.isDirectory()) return folder;
    if (found?.isSymbolicLink()) {
      throw new KeepwellError('PLUGIN_LINK_REFUSED', {
        message: `In the registry, ${name} is a link, not a folder.`,
      });
    }
    throw new KeepwellError('PLUGIN_NOT_FOUND', {
      message: `There is no plugin ${name} in the registry.`,
      hint: 'GET /plugins lists what the registry offers.',
    });
  };

  return {
    async resolve(source, signal) {
      const { treeHash } = await hashTree(await folderOf(source), { limits, signal });
      return { revision: null, treeHash };
    },
    async *read(source, _revision, signal) {
      const folder = await folderOf(source);
      for (const entry of await listTree(folder, { limits, signal })) yield offer(folder, entry);
    },
  };
};

const offer = (folder: string, { path, kind, mode, size }: FoundEntry): TreeEntry => ({
  path,
  kind,
  executable: isExecutable(mode),
  setuid: (mode & 0o6000) !== 0,
  size,
  async *bytes() {
    const handle = await openRegularFile(join(folder, path));
    yield* handle.createReadStream();
  },
});
