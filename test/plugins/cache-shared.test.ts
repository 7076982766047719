import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declared, fetchNow, openCache, treeOf } from './support/caches.ts';
import { createCountingGit, createRepository } from './support/git-repository.ts';
import { startGitServer } from './support/git-server.ts';
import { rawTgz } from './support/raw-tar.ts';
import { never, scratch, write } from './support/scratch.ts';

const NAMES = ['one', 'two', 'three', 'four', 'five'];

describe('five plugins that a thousand workspaces want at the same time', () => {
  it('are looked up once and read once, each', async () => {
    const home = await scratch();
    for (const name of NAMES) {
      const repo = await createRepository(join(home, 'repos', name));
      await repo.commit({ 'plugin.yaml': `name: ${name}\n`, 'tool.py': `${name}\n` });
    }
    const { program, log } = await createCountingGit(join(home, 'bin'));
    const cache = openCache(home, { git: program });
    const wanted = NAMES.map((name) => declared(`git+file://${join(home, 'repos', name)}#main`));
    const workspaces = await Promise.all(
      Array.from({ length: 1_000 }, () =>
        Promise.all(wanted.map((declaration) => cache.fetch(declaration, null, never))),
      ),
    );

    const hashes = workspaces.map((plugins) => plugins.map(({ treeHash }) => treeHash).join(' '));
    expect(new Set(hashes).size).toBe(1);
    expect(new Set(hashes[0]?.split(' ')).size).toBe(5);
    const commands = (await readFile(log, 'utf8')).split('\n');
    const count = (command: RegExp) => commands.filter((line) => command.test(line)).length;
    expect([count(/ ls-remote /), count(/ fetch /), count(/ cat-file --batch$/)]).toEqual([5, 5, 5]);
  });
});

describe('the cache', () => {
  it('lets nobody wait for a server that does not answer: not what is here, and not what another server has', async () => {
    const home = await scratch();
    await write(join(home, 'registry', 'mine'), { 'plugin.yaml': 'name: mine\n' });
    await (await createRepository(join(home, 'repos', 'good'))).commit({ x: 'good' });
    const [silent, other] = [
      await startGitServer(join(home, 'none')),
      await startGitServer(join(home, 'repos')),
    ];
    silent.answerWith(() => {});
    const cache = openCache(home, { fetchWithinMs: 4_000 });
    const slow = Array.from({ length: 12 }, (_, n) =>
      fetchNow(cache, `${silent.url}/${n}#main`).catch(() => 'late'),
    );
    const since = performance.now();
    await fetchNow(cache, 'local://mine');
    await fetchNow(cache, `${other.url}/good#main`);
    expect(performance.now() - since).toBeLessThan(3_500);
    expect(await Promise.all(slow.slice(0, 4))).toEqual(['late', 'late', 'late', 'late']);
  });

  it.each(['a full commit', 'an archive'])(
    'lets nobody wait who wants %s that is here already, although its server does not answer any more',
    async (what) => {
      const home = await scratch();
      const repo = await createRepository(join(home, 'repos', 'good'));
      const sha = await repo.commit({ x: 'good' });
      const server = await startGitServer(join(home, 'repos'));
      const bytes = rawTgz([{ name: 'x', content: 'archived' }]);
      const digest = createHash('sha256').update(bytes).digest('hex');
      const source =
        what === 'an archive'
          ? `http://127.0.0.1:${server.port}/x.tgz#sha256=${digest}`
          : `${server.url}/good#${sha}`;
      if (what === 'an archive') server.answerWith((_, response) => void response.end(bytes));
      const cache = openCache(home, { fetchWithinMs: 3_000 });
      const first = await fetchNow(cache, source);
      server.answerWith(() => {});
      const slow = [1, 2, 3, 4].map((n) => fetchNow(cache, `${server.url}/${n}#main`).catch(() => 'late'));
      const since = performance.now();
      expect(await fetchNow(cache, source)).toEqual(first);
      expect(performance.now() - since).toBeLessThan(1_500);
      expect(await Promise.all(slow)).toEqual(['late', 'late', 'late', 'late']);
    },
  );

  const slowServer = async (names: string[]) => {
    const home = await scratch();
    for (const name of names) await (await createRepository(join(home, 'repos', name))).commit({ x: name });
    const server = await startGitServer(join(home, 'repos'));
    const seen = { open: 0, most: 0 };
    server.answerWith((request, response) => {
      seen.open += 1;
      seen.most = Math.max(seen.most, seen.open);
      request.socket.on('close', () => (seen.open -= 1));
      setTimeout(() => response.writeHead(500).end(), 100);
    });
    return { home, server, seen, sources: names.map((name) => `${server.url}/${name}#main`) };
  };

  it.each([
    ['four sources', {}, 4],
    ['two sources where the options say so', { atOnce: 2 }, 2],
  ])('reaches %s at a time, however many are wanted', async (_, options, most) => {
    const { home, seen, sources } = await slowServer(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    const cache = openCache(home, options);
    await Promise.allSettled(sources.map((source) => fetchNow(cache, source)));
    expect(seen.most).toBe(most);
  });

  it('does not take the time of waiting for the time of fetching', async () => {
    const { home, server, sources } = await slowServer(['a', 'b', 'c']);
    server.answerWith(() => {});
    const cache = openCache(home, { atOnce: 1, fetchWithinMs: 700 });
    const errors = sources.map((source) => fetchNow(cache, source).catch((error: unknown) => error));
    expect(await errors[0]).toMatchObject({ code: 'PLUGIN_FETCH_TIMEOUT' });
    server.answerWith(null);
    await errors[1];
    expect(await errors[2]).toMatchObject({ name: 'c' });
  });

  it('keeps no place for somebody who left while waiting', async () => {
    const { home, server, sources } = await slowServer(['a', 'b', 'c']);
    server.answerWith(() => {});
    const cache = openCache(home, { atOnce: 1, fetchWithinMs: 1_000 });
    const [a = '', b = '', c = ''] = sources;
    const first = fetchNow(cache, a).catch((error: unknown) => error);
    const leaver = new AbortController();
    const left = cache.fetch(declared(b), null, leaver.signal).catch((error: unknown) => error);
    const last = fetchNow(cache, c);
    leaver.abort(new Error('gone'));
    expect(await left).toMatchObject({ message: 'gone' });
    await first;
    server.answerWith(null);
    expect(await last).toMatchObject({ name: 'c' });
    expect(server.requests.filter((path) => path.startsWith('/b/'))).toEqual([]);
  });

  it('gives what is declared with a hash to whoever declares it, of the tree or of its plugin.yaml', async () => {
    const home = await scratch();
    await write(join(home, 'registry', 'seo'), { 'plugin.yaml': 'name: seo\nruntimes: [claude-code]\n' });
    const first = openCache(home, { cacheFolder: join(home, 'first') });
    const { treeHash, manifestHash, runtimes } = await fetchNow(first, 'seo');
    expect(runtimes).toEqual(['claude-code']);
    for (const sha256 of [treeHash, manifestHash ?? '']) {
      const cache = openCache(home, { cacheFolder: join(home, sha256) });
      expect(await fetchNow(cache, { source: 'seo', sha256 })).toMatchObject({ treeHash, manifestHash });
      expect(await fetchNow(cache, { source: 'seo', sha256: sha256.toUpperCase() })).toMatchObject({
        treeHash,
      });
    }
    const cache = openCache(home);
    const both = await Promise.allSettled([
      fetchNow(cache, { source: 'seo', sha256: '0'.repeat(64) }),
      fetchNow(cache, 'seo'),
    ]);
    expect(both).toMatchObject([
      { status: 'rejected', reason: { code: 'PLUGIN_HASH_MISMATCH' } },
      { status: 'fulfilled', value: { treeHash } },
    ]);
  });

  it('brings again what an earlier version noted less of', async () => {
    const home = await scratch();
    await write(join(home, 'registry', 'seo'), { 'plugin.yaml': 'name: seo\nruntimes: [claude-code]\n' });
    const plugin = await fetchNow(openCache(home), 'seo');
    const note = `${treeOf(home, plugin.treeHash)}.json`;
    const { manifestHash, runtimes, ...earlier } = JSON.parse(await readFile(note, 'utf8'));
    expect([manifestHash, runtimes]).toEqual([plugin.manifestHash, plugin.runtimes]);
    await writeFile(note, JSON.stringify(earlier));
    expect(await fetchNow(openCache(home), 'seo')).toEqual(plugin);
  });
});
