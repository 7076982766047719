import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolders } from '../../src/folders.ts';
import { describePluginContract } from './contract.ts';
import { openCache, treeOf } from './support/caches.ts';
import { createRepository, type Repository } from './support/git-repository.ts';
import { scratch, write } from './support/scratch.ts';
import { openSets } from './support/workspaces.ts';

const overwrite = async (file: string): Promise<void> => {
  await chmod(file, 0o644);
  await writeFile(file, 'spoilt\n');
};

describePluginContract('real folders', async () => {
  const home = await scratch();
  const repositories = new Map<string, Repository>();
  const { workspace: foldersOf } = dataFolders(home);
  return {
    open: () => ({ cache: openCache(home), sets: openSets(home) }),
    async offer(name, files) {
      const folder = join(home, 'registry', name);
      await rm(folder, { recursive: true, force: true });
      if (files !== null) await write(folder, files);
    },
    async publish(name, files) {
      const repository = repositories.get(name) ?? (await createRepository(join(home, 'repos', name)));
      repositories.set(name, repository);
      const revision = await repository.commit(files);
      return { source: `${repository.url}#main`, revision };
    },
    takeDown: (name) => rename(join(home, 'repos', name), join(home, `gone-${name}`)),
    spoilCache: ({ treeHash }) => overwrite(join(treeOf(home, treeHash), 'tool.py')),
    emptyCache: () => rm(join(home, 'cache', 'trees'), { recursive: true }),
    async spoil(workspaceId, name, how, generation) {
      const set = generation === undefined ? 'plugins' : `.plugins/${generation}`;
      const folder = join(foldersOf(workspaceId).configs, set, name);
      if (how === 'removed') await rm(folder, { recursive: true });
      else await overwrite(join(folder, 'tool.py'));
    },
  };
});
