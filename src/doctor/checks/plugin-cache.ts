import { DEFAULT_LIMITS } from '../../plugins/limits.ts';
import { hashTree } from '../../plugins/tree/hash-tree.ts';
import { listTrees, treeFolder } from '../../plugins/tree-store.ts';
import { type Check, type Finding, fine, problem } from '../check.ts';
import type { Installation } from '../installation.ts';
import { setAside, whileStopped } from '../set-aside.ts';

export const pluginCache: Check = {
  id: 'plugins.cache',
  async look(installation) {
    const { cache } = installation.folders;
    const trees = await listTrees(cache);
    const damaged: string[] = [];
    for (const { treeHash } of trees) if (!(await isWhole(cache, treeHash))) damaged.push(treeHash);
    if (damaged.length > 0) return damaged.map((treeHash) => broken(installation, treeHash));
    return trees.length === 0 ? [] : [fine(`Every cached plugin is what it was (${trees.length}).`)];
  },
};

const isWhole = async (cache: string, treeHash: string): Promise<boolean> => {
  const options = { limits: DEFAULT_LIMITS, signal: new AbortController().signal };
  const now = await hashTree(treeFolder(cache, treeHash), options).catch(() => null);
  return now?.treeHash === treeHash;
};

const broken = (installation: Installation, treeHash: string): Finding =>
  problem(
    `The cached plugin ${treeHash.slice(0, 12)} is not what it was when it was checked.`,
    'Keepwell does not install it like this. Look who changed it: nobody but Keepwell writes to cache/.',
    {
      says: 'moves it aside, so that it is fetched anew',
      run: () =>
        whileStopped(installation, async () => {
          const folder = treeFolder(installation.folders.cache, treeHash);
          const to = await setAside(installation, folder).catch((error: NodeJS.ErrnoException) => {
            if (error.code === 'ENOENT') return null;
            throw error;
          });
          const note = await setAside(installation, `${folder}.json`);
          return `It is now ${to ?? note}.`;
        }),
    },
  );
