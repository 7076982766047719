/**
 * Run as a program: does one thing to the plugins of a data folder, and at its n-th change of the disk either is killed
 * or is told that the disk is full. Says `done` when it got through, with the number of changes it made.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { StagedPlugin } from '../../../src/reconcile/ports.ts';

export type Work = 'fetch' | 'switch' | 'rollback' | 'garbage';

const { positionals } = parseArgs({ allowPositionals: true });
const [home = '', work = '', fault = '', at = '0', source = ''] = positionals;

let changes = 0;
const onChange = (): void => {
  changes += 1;
  if (changes !== Number(at)) return;
  if (fault === 'kill') process.kill(process.pid, 'SIGKILL');
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
};

/** Every way in which this program changes a disk goes through one of these. */
for (const name of ['mkdir', 'rename', 'rm', 'symlink', 'copyFile', 'writeFile', 'utimes'] as const) {
  const real = fs[name] as (...args: never[]) => Promise<unknown>;
  Object.assign(fs, {
    [name]: async (...args: never[]) => {
      onChange();
      return real(...args);
    },
  });
}
const open = fs.open;
Object.assign(fs, {
  open: async (...args: Parameters<typeof open>) => {
    if (args[1] !== undefined && args[1] !== 'r' && typeof args[1] === 'string') onChange();
    return open(...args);
  },
});
syncBuiltinESMExports();

const { dataFolders } = await import('../../../src/folders.ts');
const { createPluginCache } = await import('../../../src/plugins/cache.ts');
const { parseDeclaration } = await import('../../../src/plugins/declaration.ts');
const { createPluginSets } = await import('../../../src/plugins/sets/plugin-sets.ts');

const { signal } = new AbortController();
const cacheFolder = join(home, 'cache');
const cache = createPluginCache({
  cacheFolder,
  registryFolder: join(home, 'registry'),
  allowPrivateAddresses: true,
});
const sets = createPluginSets({ foldersOf: dataFolders(home).workspace, cacheFolder });
const keep: number[] = [];

const works: Record<Work, () => Promise<unknown>> = {
  fetch: () => cache.fetch(parseDeclaration({ source, name: 'new' }), null, signal),
  async switch() {
    const plugin = await cache.fetch(parseDeclaration('beta'), null, signal);
    const plugins: StagedPlugin[] = [
      { from: 'cache', plugin },
      { from: 'installed', name: 'alpha' },
    ];
    const change = { changed: ['beta'], restartNeeded: true };
    await sets.activate('w1', await sets.stage('w1', plugins, change, signal), { keep, signal });
  },
  rollback: () => sets.restore('w1', 1, { keep, signal }),
  garbage: () => cache.collectGarbage({ sets, workspaceIds: ['w1'], sources: [], unusedForMs: -60_000 }),
};

await works[work as Work]();
process.stdout.write(`done ${changes}\n`);
