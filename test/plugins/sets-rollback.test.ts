import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { tarEntries } from '../../src/plugins/archive/tar-entries.ts';
import { createPluginCache } from '../../src/plugins/cache.ts';
import { DEFAULT_LIMITS } from '../../src/plugins/limits.ts';
import { createTreeStore } from '../../src/plugins/tree-store.ts';
import { fetchNow } from './support/caches.ts';
import { never, scratch, write } from './support/scratch.ts';
import { dataFolder, WORKSPACE } from './support/workspaces.ts';

const coded = (code: string) => expect.objectContaining({ code });
const options = { keep: [], signal: never };
const HOUR = 3_600_000;

describe('going back to an earlier set', () => {
  it('builds a new one that holds the same, and says what is no longer there', async () => {
    const { install, sets, link } = await dataFolder();
    await install('alpha', 'beta');
    await install('alpha', 'gamma');
    const { generation, changed } = await sets.restore(WORKSPACE, 1, options);
    expect(generation).toBe(3);
    expect(changed).toEqual([expect.objectContaining({ name: 'gamma', source: 'local://gamma' })]);
    expect(await link()).toBe('.plugins/3');
    const { plugins } = await sets.installed(WORKSPACE);
    expect(plugins.map(({ name, treeHash, actualHash }) => [name, treeHash === actualHash])).toEqual([
      ['alpha', true],
      ['beta', true],
    ]);
  });

  it('gives the same answer again while its result is in force', async () => {
    const { install, sets } = await dataFolder();
    await install('alpha');
    await install('alpha', 'gamma');
    const first = await sets.restore(WORKSPACE, 1, options);
    expect(await sets.restore(WORKSPACE, 1, options)).toEqual(first);
    expect((await sets.history(WORKSPACE)).map(({ generation }) => generation)).toEqual([3, 2, 1]);
  });

  it('can go back to no plugins at all', async () => {
    const { install, sets } = await dataFolder();
    await install('alpha');
    const { generation, changed } = await sets.restore(WORKSPACE, 0, options);
    expect(changed.map(({ name }) => name)).toEqual(['alpha']);
    expect(await sets.installed(WORKSPACE)).toMatchObject({ generation, plugins: [] });
  });

  it('refuses one that is not there', async () => {
    const { install, sets } = await dataFolder();
    await install('alpha');
    await expect(sets.restore(WORKSPACE, 9, options)).rejects.toThrow(coded('PLUGIN_GENERATION_NOT_FOUND'));
  });

  it('works when the cache was emptied, from the bytes of the old set', async () => {
    const { home, install, sets } = await dataFolder();
    await install('alpha', 'beta');
    await install('alpha');
    await rm(join(home, 'cache', 'trees'), { recursive: true });
    await sets.restore(WORKSPACE, 1, options);
    const { plugins } = await sets.installed(WORKSPACE);
    expect(plugins.map(({ name, treeHash, actualHash }) => [name, treeHash === actualHash])).toEqual([
      ['alpha', true],
      ['beta', true],
    ]);
  });

  it('refuses bytes that somebody changed and nobody has any more', async () => {
    const { home, configs, install, sets } = await dataFolder();
    await install('alpha', 'beta');
    await install('alpha');
    const tampered = join(configs, '.plugins', '1', 'beta', 'lib', 'tool.py');
    await chmod(tampered, 0o644);
    await writeFile(tampered, 'evil\n');
    await rm(join(home, 'cache', 'trees'), { recursive: true });
    await expect(sets.restore(WORKSPACE, 1, options)).rejects.toThrow(coded('PLUGIN_CACHE_DAMAGED'));
    expect(await sets.installed(WORKSPACE)).toMatchObject({ generation: 2 });
  });

  it('keeps the sets that a way back needs, however many come after them', async () => {
    const { install, sets } = await dataFolder({ keep: 2 });
    await install('alpha');
    for (const name of ['b', 'c', 'd', 'e']) {
      const generation = await sets.stage(WORKSPACE, [], { changed: [name], restartNeeded: false }, never);
      await sets.activate(WORKSPACE, generation, { keep: [1], signal: never });
    }
    expect((await sets.history(WORKSPACE)).map(({ generation }) => generation)).toEqual([5, 4, 1]);
  });
});

describe('a lock that an earlier version wrote', () => {
  it('is still read', async () => {
    const { configs, install, sets } = await dataFolder();
    await install('alpha');
    const file = join(configs, '.plugins', '1.json');
    const { builtAt: _at, restoredFrom: _from, ...lock } = JSON.parse(await readFile(file, 'utf8'));
    for (const plugin of lock.plugins) delete plugin.manifestHash;
    await writeFile(file, JSON.stringify(lock));
    expect(await sets.installed(WORKSPACE)).toMatchObject({
      generation: 1,
      plugins: [{ name: 'alpha', manifestHash: null }],
    });
    expect(await sets.history(WORKSPACE)).toMatchObject([
      { generation: 1, builtAt: null, restoredFrom: null },
    ]);
  });
});

describe('a plugin that is downloaded', () => {
  it('is the same bytes for the same content, and unpacks to the same plugin', async () => {
    const { install, sets } = await dataFolder();
    await install('alpha');
    const { treeHash, open } = await sets.download(WORKSPACE, 'alpha');
    const bytes = await buffer(open());
    expect(await buffer((await sets.download(WORKSPACE, 'alpha')).open())).toEqual(bytes);
    const store = createTreeStore(join(await scratch(), 'cache'));
    const unpacked = await store.add(tarEntries(Readable.from(open())), {
      limits: DEFAULT_LIMITS,
      signal: never,
    });
    expect(unpacked.treeHash).toBe(treeHash);
  });

  it('comes from the cache when its agent changed what it has, and is refused when it is not there', async () => {
    const { configs, install, sets } = await dataFolder();
    await install('alpha');
    const before = await buffer((await sets.download(WORKSPACE, 'alpha')).open());
    const file = join(configs, 'plugins', 'alpha', 'lib', 'tool.py');
    await chmod(file, 0o644);
    await writeFile(file, 'evil\n');
    expect(await buffer((await sets.download(WORKSPACE, 'alpha')).open())).toEqual(before);
    await expect(sets.download(WORKSPACE, 'beta')).rejects.toThrow(coded('PLUGIN_NOT_INSTALLED'));
  });
});

describe('an agent that writes into its plugins', () => {
  it('changes neither the cache nor what another workspace has', async () => {
    const { home, configs, cache, install, sets } = await dataFolder();
    await install('alpha');
    const plugin = await fetchNow(cache, 'alpha');
    const change = { changed: ['alpha'], restartNeeded: true };
    const other = await sets.stage('w2', [{ from: 'cache', plugin }], change, never);
    await sets.activate('w2', other, options);
    const file = join(configs, 'plugins', 'alpha', 'lib', 'tool.py');
    await chmod(file, 0o666);
    await writeFile(file, 'evil\n');
    const { plugins } = await sets.installed('w2');
    expect(plugins[0]?.actualHash).toBe(plugin.treeHash);
    expect(await readFile(join(home, 'cache', 'trees', plugin.treeHash, 'lib', 'tool.py'), 'utf8')).toBe(
      'alpha\n',
    );
  });
});

describe('garbage collection', () => {
  const open = async () => {
    const folder = await dataFolder();
    const { home, sets } = folder;
    const clock = { now: Date.now() };
    const cache = createPluginCache({
      cacheFolder: join(home, 'cache'),
      registryFolder: join(home, 'registry'),
      now: () => clock.now,
    });
    const collect = () =>
      cache.collectGarbage({ sets, workspaceIds: [WORKSPACE], sources: [], unusedForMs: HOUR });
    const trees = async () =>
      (await readdir(join(home, 'cache', 'trees'))).filter((name) => !name.endsWith('.json')).length;
    return { ...folder, clock, cache, collect, trees };
  };

  it('removes what nobody has, and never what a workspace or a rollback needs', async () => {
    const { home, clock, cache, collect, trees, install, sets } = await open();
    await install('alpha', 'beta');
    await install('alpha');
    await write(join(home, 'registry', 'unused'), { x: 'unused' });
    await cache.fetch({ name: 'unused', source: 'local://unused' }, null, never);
    expect(await collect()).toMatchObject({ trees: 0 });
    clock.now += 2 * HOUR;
    expect(await collect()).toMatchObject({ trees: 1 });
    expect(await trees()).toBe(2);
    await sets.restore(WORKSPACE, 1, options);
    expect(await collect()).toMatchObject({ trees: 0 });
  });

  it('leaves what somebody has just found', async () => {
    const { clock, cache, collect, trees } = await open();
    const plugin = { name: 'alpha', source: 'local://alpha' };
    await cache.fetch(plugin, null, never);
    clock.now += 2 * HOUR;
    await cache.fetch(plugin, null, never);
    expect(await collect()).toMatchObject({ trees: 0 });
    expect(await trees()).toBe(1);
  });
});
