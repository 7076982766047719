import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declared, fetchNow, openCache, treeOf } from './support/caches.ts';
import { createCountingGit, createRepository } from './support/git-repository.ts';
import { never, scratch } from './support/scratch.ts';

const coded = (code: string) => expect.objectContaining({ code });

const repository = async () => {
  const home = await scratch();
  const repo = await createRepository(join(home, 'repos', 'my-plugin'));
  const first = await repo.commit({ 'plugin.yaml': 'name: my-plugin\n', 'tool.py': 'one\n' });
  return { home, repo, first, cache: openCache(home) };
};

const toolIn = (home: string, { treeHash }: { treeHash: string }) =>
  readFile(join(treeOf(home, treeHash), 'tool.py'), 'utf8');

describe('a plugin in a git repository', () => {
  it('is fetched by branch, light tag, annotated tag and full SHA, of the tip and of an older commit', async () => {
    const { home, repo, first, cache } = await repository();
    repo.git('tag', 'light');
    repo.git('tag', '--annotate', 'annotated', '--message', 'A tag');
    const second = await repo.commit({ 'tool.py': 'two\n' });
    const third = await repo.commit({ 'tool.py': 'three\n' });

    for (const [ref, commit, tool] of [
      ['main', third, 'three\n'],
      ['refs/heads/main', third, 'three\n'],
      ['light', first, 'one\n'],
      ['annotated', first, 'one\n'],
      [third, third, 'three\n'],
      [second, second, 'two\n'],
      [first.toUpperCase(), first, 'one\n'],
    ] as const) {
      const source = `${repo.url}#${ref}`;
      expect(await cache.resolve(declared(source), never)).toEqual({ revision: commit, treeHash: null });
      const plugin = await fetchNow(cache, source);
      expect(plugin).toMatchObject({ name: 'my-plugin', revision: commit });
      expect(await toolIn(home, plugin)).toBe(tool);
      await cache.verify(plugin, never);
    }
  });

  it('has the hash that the same files have in the registry', async () => {
    const { home, repo, cache } = await repository();
    await repo.commit({ 'bin/run': '#!/bin/sh\n', 'ü/SKILL.md': 'x' });
    await repo.executable('bin/run');
    await mkdir(join(home, 'registry'));
    const fromGit = await fetchNow(cache, `${repo.url}#main`);
    await rename(repo.folder, join(home, 'registry', 'my-plugin'));
    const fromFolder = await fetchNow(cache, 'my-plugin');
    expect(fromFolder.treeHash).toBe(fromGit.treeHash);
    expect(fromFolder.coreHash).toBe(fromGit.coreHash);
    expect((await stat(join(treeOf(home, fromGit.treeHash), 'bin/run'))).mode & 0o111).not.toBe(0);
  });

  it('may be a folder of the repository, and has its name', async () => {
    const { home, repo, cache } = await repository();
    await repo.commit({ 'plugins/inner one/tool.py': 'inner\n', 'plugins/other/x': '' });
    const plugin = await fetchNow(cache, { source: `${repo.url}//plugins/inner%20one#main`, name: 'inner' });
    expect(await toolIn(home, plugin)).toBe('inner\n');
    expect(await readdir(treeOf(home, plugin.treeHash))).toEqual(['tool.py']);
  });

  it('follows its branch only when somebody asks, also over a force push', async () => {
    const { home, repo, first, cache } = await repository();
    const source = declared(`${repo.url}#main`);
    const before = await cache.fetch(source, null, never);
    const second = await repo.commit({ 'tool.py': 'two\n' });
    expect(await cache.fetch(source, before.revision, never)).toEqual(before);
    expect(await cache.fetch(source, null, never)).toMatchObject({ revision: second });

    repo.git('reset', '--quiet', '--hard', first);
    const rewritten = await repo.commit({ 'tool.py': 'rewritten\n' });
    const after = await cache.fetch(source, null, never);
    expect(after.revision).toBe(rewritten);
    expect(await toolIn(home, after)).toBe('rewritten\n');
  });

  it('takes the tag where a branch has the same name', async () => {
    const { repo, first, cache } = await repository();
    repo.git('tag', 'v1');
    await repo.commit({ 'tool.py': 'two\n' });
    repo.git('branch', 'v1');
    expect(await cache.resolve(declared(`${repo.url}#v1`), never)).toMatchObject({ revision: first });
  });

  it('is at the revision that was asked for, whatever the reference says now', async () => {
    const { home, repo, first, cache } = await repository();
    await repo.commit({ 'tool.py': 'two\n' });
    const plugin = await cache.fetch(declared(`${repo.url}#main`), first, never);
    expect(plugin.revision).toBe(first);
    expect(await toolIn(home, plugin)).toBe('one\n');
  });

  it('needs nothing but the cache once its revision is there', async () => {
    const { home, repo, first, cache } = await repository();
    const source = declared(`${repo.url}#main`);
    const plugin = await cache.fetch(source, null, never);
    await rm(repo.folder, { recursive: true });
    await rm(join(home, 'cache', 'git'), { recursive: true });
    expect(await cache.fetch(source, first, never)).toEqual(plugin);
    expect(await openCache(home, { git: '/nowhere/git' }).fetch(source, first, never)).toEqual(plugin);
  });

  it('comes back from the mirror when the cached tree is damaged and the source is gone', async () => {
    const { home, repo, first, cache } = await repository();
    const source = declared(`${repo.url}#main`);
    const plugin = await cache.fetch(source, null, never);
    await rm(repo.folder, { recursive: true });
    const file = join(treeOf(home, plugin.treeHash), 'tool.py');
    await chmod(file, 0o644);
    await writeFile(file, 'damaged');
    await expect(cache.verify(plugin, never)).rejects.toThrow(coded('PLUGIN_CACHE_DAMAGED'));
    expect(await cache.fetch(source, first, never)).toEqual(plugin);
    await cache.verify(plugin, never);
  });

  it('is fetched anew after a damaged mirror was found and dropped', async () => {
    const { home, repo, cache } = await repository();
    const plugin = await fetchNow(cache, `${repo.url}#main`);
    await rm(join(home, 'cache', 'trees'), { recursive: true });
    await mkdir(join(home, 'cache', 'trees'));
    const [mirror] = await readdir(join(home, 'cache', 'git'));
    const packs = join(home, 'cache', 'git', mirror ?? '', 'objects', 'pack');
    for (const name of (await readdir(packs)).filter((name) => name.endsWith('.pack'))) {
      await chmod(join(packs, name), 0o644);
      const bytes = await readFile(join(packs, name));
      await writeFile(join(packs, name), bytes.fill(0xff, 20, bytes.length - 20));
    }
    const tries = [];
    for (let n = 0; n < 2; n++)
      tries.push(await fetchNow(cache, `${repo.url}#main`).catch((error: unknown) => error));
    expect(tries.at(-1)).toEqual(plugin);
    await cache.verify(plugin, never);
  });

  it('goes on where a git was killed and left its locks', async () => {
    const { home, repo, cache } = await repository();
    await fetchNow(cache, `${repo.url}#main`);
    const [mirror] = await readdir(join(home, 'cache', 'git'));
    for (const name of [
      'shallow.lock',
      'config.lock',
      'HEAD.lock',
      'packed-refs.lock',
      'objects/pack/tmp_pack_x',
    ]) {
      await writeFile(join(home, 'cache', 'git', mirror ?? '', name), '');
    }
    const second = await repo.commit({ 'tool.py': 'two\n' });
    expect(await fetchNow(cache, `${repo.url}#main`)).toMatchObject({ revision: second });
  });

  it('is fetched once for fifty who want it at the same time', async () => {
    const { home, repo } = await repository();
    const { program, log } = await createCountingGit(join(home, 'bin'));
    const cache = openCache(home, { git: program });
    const plugins = await Promise.all(Array.from({ length: 50 }, () => fetchNow(cache, `${repo.url}#main`)));
    expect(new Set(plugins.map(({ treeHash }) => treeHash)).size).toBe(1);
    const commands = (await readFile(log, 'utf8')).split('\n');
    expect(commands.filter((line) => / fetch /.test(line))).toHaveLength(1);
    expect(commands.filter((line) => / ls-remote /.test(line))).toHaveLength(1);
  });

  it('is fetched for the others when one of them leaves', async () => {
    const { repo, first, cache } = await repository();
    const source = declared(`${repo.url}#main`);
    const leaver = new AbortController();
    const left = cache.fetch(source, null, leaver.signal);
    const stayed = cache.fetch(source, null, never);
    leaver.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(await stayed).toMatchObject({ revision: first });
  });

  it('runs no filter, hook or attribute of the repository', async () => {
    const { home, repo, cache } = await repository();
    await repo.commit({
      '.gitattributes': '* filter=evil export-subst\ntool.py export-ignore\n',
      '.gitconfig': '[filter "evil"]\n\tsmudge = touch /tmp/evil\n',
      'tool.py': '$Format:%H$\n',
    });
    const plugin = await fetchNow(cache, `${repo.url}#main`);
    expect(await toolIn(home, plugin)).toBe('$Format:%H$\n');
  });

  it.each([
    ['a link', 'PLUGIN_LINK_REFUSED', (repo) => repo.link('x', '/etc/passwd')],
    [
      'a submodule',
      'PLUGIN_FILE_REFUSED',
      async (repo, first) => {
        repo.git('update-index', '--add', '--cacheinfo', `160000,${first},sub`);
        repo.git('commit', '--quiet', '--message', 'Add a submodule');
      },
    ],
    ['names that differ in case', 'PLUGIN_NAME_COLLISION', (repo) => repo.commit({ 'TOOL.py': 'x' })],
    ['a bad manifest', 'PLUGIN_MANIFEST_INVALID', (repo) => repo.commit({ 'plugin.yaml': 'tags: x\n' })],
    [
      'too many files',
      'PLUGIN_TOO_MANY_FILES',
      (repo) => repo.commit(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}`, '']))),
    ],
    ['a small bomb', 'PLUGIN_TOO_LARGE', (repo) => repo.commit({ zeros: Buffer.alloc(2_000_000) })],
    [
      'too long a path',
      'PLUGIN_PATH_TOO_LONG',
      (repo) => repo.commit({ [`${'x'.repeat(125)}/${'y'.repeat(125)}`]: '' }),
    ],
  ] as [
    string,
    string,
    (repo: Awaited<ReturnType<typeof createRepository>>, first: string) => Promise<unknown>,
  ][])('is refused with %s', async (_, code, spoil) => {
    const { home, repo, first } = await repository();
    await spoil(repo, first);
    const cache = openCache(home, { limits: { files: 25, bytes: 1_000_000 } });
    await expect(fetchNow(cache, `${repo.url}#main`)).rejects.toThrow(coded(code));
    expect(await readdir(join(home, 'cache', 'trees'))).toEqual([]);
    expect(await readdir(join(home, 'cache', 'staging'))).toEqual([]);
  });

  it('is refused when it does not have the declared hash', async () => {
    const { repo, cache } = await repository();
    const wrong = { source: `${repo.url}#main`, sha256: 'f'.repeat(64) };
    await expect(fetchNow(cache, wrong)).rejects.toThrow(coded('PLUGIN_HASH_MISMATCH'));
  });

  it('is refused when its repository sends too much', async () => {
    const { home, repo } = await repository();
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * n * 31 + (n >> 3) * 17) % 251));
    await repo.commit({ 'elsewhere/noise': noise, 'small/x': '' });
    const source = { source: `${repo.url}//small#main`, name: 'small' };
    const tight = openCache(home, { limits: { repositoryBytes: 2_000 } });
    await expect(fetchNow(tight, source)).rejects.toThrow(coded('PLUGIN_TOO_LARGE'));
    await expect(fetchNow(openCache(home), source)).resolves.toMatchObject({ name: 'small' });
  });

  it.each([
    ['reference', (url: string) => `${url}#nowhere`],
    ['commit', (url: string) => `${url}#${'1'.repeat(40)}`],
    ['folder', (url: string) => `${url}//nowhere#main`],
    ['folder, but a file,', (url: string) => `${url}//tool.py#main`],
    ['repository', (url: string) => `${url}-nowhere#main`],
  ])('is not found where there is no such %s', async (_, sourceOf) => {
    const { repo, cache } = await repository();
    const source = { source: sourceOf(repo.url), name: 'x' };
    await expect(fetchNow(cache, source)).rejects.toThrow(coded('PLUGIN_NOT_FOUND'));
  });

  it('is refused from this machine unless that is allowed', async () => {
    const { home, repo } = await repository();
    const cache = openCache(home, { allowFileUrls: false });
    await expect(fetchNow(cache, `${repo.url}#main`)).rejects.toThrow(coded('PLUGIN_SOURCE_REFUSED'));
    await expect(cache.resolve(declared(`${repo.url}#main`), never)).rejects.toThrow(
      coded('PLUGIN_SOURCE_REFUSED'),
    );
  });

  it('says so when there is no git', async () => {
    const { home, repo } = await repository();
    const cache = openCache(home, { git: '/nowhere/git' });
    await expect(fetchNow(cache, `${repo.url}#main`)).rejects.toThrow(coded('PLUGIN_FETCH_FAILED'));
  });
});
