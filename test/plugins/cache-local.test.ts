import { execFileSync } from 'node:child_process';
import { chmod, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declared, fetchNow, openCache, treeOf } from './support/caches.ts';
import { makeFifo, never, scratch, write } from './support/scratch.ts';

const coded = (code: string) => expect.objectContaining({ code });

const registry = async (files: Record<string, string | Buffer> = {}) => {
  const home = await scratch();
  await write(join(home, 'registry', 'seo'), {
    'plugin.yaml': 'name: seo\n',
    'tool.py': 'print()\n',
    ...files,
  });
  return { home, folder: join(home, 'registry', 'seo') };
};

describe('a plugin of the registry', () => {
  it('comes into the cache with what its manifest says', async () => {
    const { home } = await registry({ 'plugin.yaml': 'name: seo\nrestart: never\n' });
    const plugin = await fetchNow(openCache(home), 'seo');
    expect(plugin).toMatchObject({ name: 'seo', source: 'local://seo', revision: null, restart: 'never' });
    expect(await readFile(join(treeOf(home, plugin.treeHash), 'tool.py'), 'utf8')).toBe('print()\n');
  });

  it('needs no manifest', async () => {
    const { home, folder } = await registry();
    await rm(join(folder, 'plugin.yaml'));
    expect(await fetchNow(openCache(home), 'seo')).toMatchObject({ restart: 'auto' });
  });

  it('resolves to the hash that it is fetched under', async () => {
    const { home } = await registry();
    const cache = openCache(home);
    const { treeHash } = await fetchNow(cache, 'seo');
    expect(await cache.resolve(declared('seo'), never)).toEqual({ revision: null, treeHash });
  });

  it('is another tree once it was changed, and the old one stays', async () => {
    const { home, folder } = await registry();
    const cache = openCache(home);
    const before = await fetchNow(cache, 'seo');
    await writeFile(join(folder, 'tool.py'), 'changed\n');
    const after = await fetchNow(cache, 'seo');
    expect(after.treeHash).not.toBe(before.treeHash);
    await expect(cache.verify(before, never)).resolves.toBeUndefined();
    await expect(cache.verify(after, never)).resolves.toBeUndefined();
  });

  it('is called what it was declared as, whatever its manifest says', async () => {
    const { home } = await registry({ 'plugin.yaml': 'name: other\n' });
    expect(await fetchNow(openCache(home), { source: 'seo', name: 'mine' })).toMatchObject({ name: 'mine' });
  });

  it('must have the declared hash', async () => {
    const { home } = await registry();
    const cache = openCache(home);
    const { treeHash } = await fetchNow(cache, 'seo');
    await expect(fetchNow(cache, { source: 'seo', sha256: treeHash })).resolves.toMatchObject({ treeHash });
    const wrong = fetchNow(cache, { source: 'seo', sha256: '0'.repeat(64) });
    await expect(wrong).rejects.toThrow(coded('PLUGIN_HASH_MISMATCH'));
  });

  it('is not found where there is none', async () => {
    const { home } = await registry();
    await expect(fetchNow(openCache(home), 'other')).rejects.toThrow(coded('PLUGIN_NOT_FOUND'));
    await expect(openCache(home).resolve(declared('other'), never)).rejects.toThrow(
      coded('PLUGIN_NOT_FOUND'),
    );
  });

  it('is refused when its folder is a link out of the registry', async () => {
    const { home } = await registry();
    await write(join(home, 'outside'), { secret: 'x' });
    await symlink('../outside', join(home, 'registry', 'linked'));
    await expect(fetchNow(openCache(home), 'linked')).rejects.toThrow(coded('PLUGIN_LINK_REFUSED'));
  });

  it.each([
    [
      'a link to a file',
      'PLUGIN_LINK_REFUSED',
      (folder: string) => symlink('/etc/hostname', join(folder, 'x')),
    ],
    ['a link to a folder', 'PLUGIN_LINK_REFUSED', (folder: string) => symlink('/etc', join(folder, 'x'))],
    ['a FIFO', 'PLUGIN_FILE_REFUSED', (folder: string) => makeFifo(join(folder, 'x'))],
    ['a setuid file', 'PLUGIN_FILE_REFUSED', (folder: string) => chmod(join(folder, 'tool.py'), 0o4755)],
    [
      'a name that is no UTF-8',
      'PLUGIN_PATH_UNSAFE',
      (folder: string) => writeFile(Buffer.from(`${folder}/\xff`, 'latin1'), ''),
    ],
  ])('is refused with %s, and nothing of it stays', async (_, code, spoil) => {
    const { home, folder } = await registry();
    const cache = openCache(home);
    await spoil(folder);
    await expect(fetchNow(cache, 'seo')).rejects.toThrow(coded(code));
    expect(await readdir(join(home, 'cache', 'trees'))).toEqual([]);
    expect(await readdir(join(home, 'cache', 'staging'))).toEqual([]);
  });

  it.each([
    ['a bad manifest', 'PLUGIN_MANIFEST_INVALID', { 'plugin.yaml': 'restart: maybe\n' }],
    ['a huge manifest', 'PLUGIN_MANIFEST_INVALID', { 'plugin.yaml': `# ${'x'.repeat(70_000)}\n` }],
    [
      'too many files',
      'PLUGIN_TOO_MANY_FILES',
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, ''])),
    ],
    ['too many bytes', 'PLUGIN_TOO_LARGE', { big: Buffer.alloc(100_001) }],
    ['too long a path', 'PLUGIN_PATH_TOO_LONG', { [`${'x'.repeat(120)}/${'y'.repeat(120)}`]: '' }],
  ])('is refused with %s', async (_, code, files) => {
    const { home } = await registry(files);
    const cache = openCache(home, { limits: { files: 19, bytes: 100_000 } });
    await expect(fetchNow(cache, 'seo')).rejects.toThrow(coded(code));
    expect(await readdir(join(home, 'cache', 'trees'))).toEqual([]);
  });
});

describe('the cache', () => {
  it('notices a changed byte, drops the tree and brings it again', async () => {
    const { home } = await registry();
    const cache = openCache(home);
    const plugin = await fetchNow(cache, 'seo');
    const file = join(treeOf(home, plugin.treeHash), 'tool.py');
    await chmod(file, 0o644);
    await writeFile(file, 'damaged');
    await expect(cache.verify(plugin, never)).rejects.toThrow(coded('PLUGIN_CACHE_DAMAGED'));
    expect(await readdir(join(home, 'cache', 'trees'))).toEqual([]);
    expect(await fetchNow(cache, 'seo')).toEqual(plugin);
    await expect(cache.verify(plugin, never)).resolves.toBeUndefined();
  });

  it('notices a missing file, an added file and a missing tree', async () => {
    const { home } = await registry();
    const cache = openCache(home);
    for (const spoil of [
      (tree: string) => rm(join(tree, 'tool.py')),
      (tree: string) => writeFile(join(tree, 'more'), ''),
      (tree: string) => rm(tree, { recursive: true }),
    ]) {
      const plugin = await fetchNow(cache, 'seo');
      await spoil(treeOf(home, plugin.treeHash));
      await expect(cache.verify(plugin, never)).rejects.toThrow(coded('PLUGIN_CACHE_DAMAGED'));
    }
  });

  it('takes a tree without its description for none', async () => {
    const { home } = await registry();
    const cache = openCache(home);
    const plugin = await fetchNow(cache, 'seo');
    await writeFile(`${treeOf(home, plugin.treeHash)}.json`, '{"trunc');
    expect(await fetchNow(cache, 'seo')).toEqual(plugin);
    expect(JSON.parse(await readFile(`${treeOf(home, plugin.treeHash)}.json`, 'utf8'))).toMatchObject({
      treeHash: plugin.treeHash,
    });
  });

  it('keeps one tree when two sources bring the same at the same time', async () => {
    const { home, folder } = await registry();
    execFileSync('cp', ['-r', folder, join(home, 'registry', 'copy')]);
    const cache = openCache(home);
    const [one, two] = await Promise.all([fetchNow(cache, 'seo'), fetchNow(cache, 'copy')]);
    expect(one.treeHash).toBe(two.treeHash);
    await expect(cache.verify(one, never)).resolves.toBeUndefined();
    expect(await readdir(join(home, 'cache', 'staging'))).toEqual([]);
  });

  it('removes what a killed process left, and keeps the rest', async () => {
    const { home } = await registry();
    const plugin = await fetchNow(openCache(home), 'seo');
    await write(join(home, 'cache', 'staging', 'half'), { 'a/b': 'x' });
    await write(join(home, 'cache', 'trees'), { 'x.json.1234.tmp': '' });
    const cache = openCache(home);
    expect(await readdir(join(home, 'cache', 'staging'))).toEqual([]);
    expect(await readdir(join(home, 'cache', 'trees'))).toHaveLength(2);
    await expect(cache.verify(plugin, never)).resolves.toBeUndefined();
  });

  it('rejects with the reason of a signal that aborts', async () => {
    const { home } = await registry();
    const reason = new Error('no longer wanted');
    const aborted = openCache(home).fetch(declared('seo'), null, AbortSignal.abort(reason));
    await expect(aborted).rejects.toBe(reason);
  });
});
