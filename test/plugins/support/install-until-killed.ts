/** Run as a program: installs set after set and says so, until somebody kills it. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataFolders } from '../../../src/folders.ts';
import { createPluginCache } from '../../../src/plugins/cache.ts';
import { parseDeclaration } from '../../../src/plugins/declaration.ts';
import { createPluginSets } from '../../../src/plugins/sets/plugin-sets.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [home = '', from = 'stage'] = positionals;
const never = new AbortController().signal;
const cacheFolder = join(home, 'cache');
const cache = createPluginCache({ cacheFolder, registryFolder: join(home, 'registry') });
const sets = createPluginSets({ foldersOf: dataFolders(home).workspace, cacheFolder });

for (let round = 0; ; round++) {
  const names = round % 2 === 0 ? ['beta', 'gamma'] : ['alpha', 'beta', 'gamma'];
  const plugins = [];
  for (const name of names) {
    plugins.push({ from: 'cache' as const, plugin: await cache.fetch(parseDeclaration(name), null, never) });
  }
  const generation = await sets.stage('w1', plugins, { changed: names, restartNeeded: true }, never);
  process.stdout.write(`staged ${generation}\n`);
  if (from === 'stage') await new Promise((resolve) => setTimeout(resolve, 60_000));
  await sets.activate('w1', generation, { keep: [], signal: never });
  process.stdout.write(`activated ${generation}\n`);
}
