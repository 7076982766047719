/** Plugins for many workspaces, through the real cache and sets, against a plain copy of the same bytes. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';
import { dataFolders } from '../../src/folders.ts';
import { createPluginCache } from '../../src/plugins/cache.ts';
import { createPluginSets } from '../../src/plugins/sets/plugin-sets.ts';
import { rawTgz } from '../plugins/support/raw-tar.ts';
import { median } from './statistics.ts';

export type PluginCosts = {
  workspaces: number;
  /** Downloads that all workspaces together caused. */
  fetches: number;
  askedMs: number;
  delivered: number;
  perSecond: number;
  copiedPerSecond: number;
  /** Of a delivered set, of the whole cache, which is there once for all, and of the bytes in a set. */
  diskKb: number;
  cacheKb: number;
  bytesKb: number;
};

const PLUGINS = 5;
const FILES = 100;
const FILE_BYTES = 10_000;
const ASKING = 1_000;
const DELIVERED = 20;
const ROUNDS = 3;
/** As the reconciler does. */
const AT_ONCE = 8;

const never = new AbortController().signal;

/** Serves the plugins and counts how often each is asked for. */
const servePlugins = async () => {
  let fetches = 0;
  const archives = Array.from({ length: PLUGINS }, () =>
    rawTgz(
      Array.from({ length: FILES }, (_, at) => ({ name: `lib/${at}.bin`, content: randomBytes(FILE_BYTES) })),
    ),
  );
  const server = createServer((request, response) => {
    fetches += 1;
    response.end(archives[Number(request.url?.slice(1, -4))]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const declarations = archives.map(
    (bytes, at): PluginDeclaration => ({
      name: `plugin-${at}`,
      source: `http://127.0.0.1:${port}/${at}.tgz#sha256=${createHash('sha256').update(bytes).digest('hex')}`,
    }),
  );
  return { declarations, fetches: () => fetches, close: () => server.close() };
};

/** 1,000 workspaces ask for the same five plugins at once; some get them, in turn with `cp -a` of the same trees. */
export const measurePlugins = async (scratch: string): Promise<PluginCosts> => {
  const home = join(scratch, 'plugins');
  const served = await servePlugins();
  const folders = dataFolders(home);
  mkdirSync(folders.registry, { recursive: true });
  const cacheFolder = folders.cache;
  const cache = createPluginCache({
    cacheFolder,
    registryFolder: folders.registry,
    allowPrivateAddresses: true,
  });
  const sets = createPluginSets({ foldersOf: folders.workspace, cacheFolder });
  try {
    const begun = performance.now();
    const found = await Promise.all(
      Array.from({ length: ASKING }, () =>
        Promise.all(served.declarations.map((declaration) => cache.fetch(declaration, null, never))),
      ),
    );
    const askedMs = performance.now() - begun;
    if (served.fetches() !== PLUGINS)
      throw new Error(`${PLUGINS} plugins were fetched ${served.fetches()} times`);
    const plugins = (found[0] ?? []).map((plugin) => ({ from: 'cache' as const, plugin }));
    const trees = plugins.map(({ plugin }) => join(cacheFolder, 'trees', plugin.treeHash));

    const deliver = async (round: number): Promise<number> => {
      const limit = pLimit(AT_ONCE);
      const started = performance.now();
      await Promise.all(
        Array.from({ length: DELIVERED }, (_, at) =>
          limit(async () => {
            const id = `w${round}-${at}`;
            const change = { changed: [], restartNeeded: true };
            const generation = await sets.stage(id, plugins, change, never);
            await sets.activate(id, generation, { keep: [], signal: never });
          }),
        ),
      );
      return (DELIVERED * PLUGINS * 1_000) / (performance.now() - started);
    };
    const copy = (round: number): number => {
      const started = performance.now();
      for (let at = 0; at < DELIVERED; at += 1) {
        const to = join(home, 'copies', `${round}-${at}`);
        mkdirSync(to, { recursive: true });
        execFileSync('cp', ['-a', ...trees, to]);
      }
      return (DELIVERED * PLUGINS * 1_000) / (performance.now() - started);
    };

    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push([await deliver(round), copy(round)] as const);
    const usedKb = (folder: string) => Number.parseInt(execFileSync('du', ['-sk', folder]).toString(), 10);
    return {
      workspaces: ASKING,
      fetches: served.fetches(),
      askedMs,
      delivered: DELIVERED * PLUGINS,
      perSecond: median(rounds.map(([delivered]) => delivered)),
      copiedPerSecond: median(rounds.map(([, copied]) => copied)),
      diskKb: usedKb(join(folders.workspace('w0-0').configs, '.plugins')),
      cacheKb: usedKb(cacheFolder),
      bytesKb: (PLUGINS * FILES * FILE_BYTES) / 1024,
    };
  } finally {
    served.close();
  }
};
