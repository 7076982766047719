import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declared, fetchNow, openCache } from './support/caches.ts';
import { createRepository } from './support/git-repository.ts';
import { startGitServer } from './support/git-server.ts';
import { never, scratch } from './support/scratch.ts';

/** A repository of 2 MB that cannot be packed any smaller. */
const heavy = async () => {
  const home = await scratch();
  const repo = await createRepository(join(home, 'repos', 'my-plugin'));
  const first = await repo.commit({ 'noise.bin': randomBytes(2_000_000), 'tool.py': 'one\n' });
  const server = await startGitServer(join(home, 'repos'));
  return { home, repo, first, server, url: `${server.url}/my-plugin`, cache: openCache(home) };
};

describe('the mirror of a repository', () => {
  it('brings what is new alone when its branch has moved', async () => {
    const { repo, server, url, cache } = await heavy();
    await fetchNow(cache, `${url}#main`);
    const before = server.sent();
    expect(before).toBeGreaterThan(2_000_000);
    const second = await repo.commit({ 'tool.py': 'two\n' });
    expect(await fetchNow(cache, `${url}#main`)).toMatchObject({ revision: second });
    expect(server.sent() - before).toBeLessThan(20_000);
  });

  it('brings what is new alone when its branch was rewritten', async () => {
    const { repo, first, server, url, cache } = await heavy();
    await repo.commit({ 'tool.py': 'two\n' });
    await fetchNow(cache, `${url}#main`);
    const before = server.sent();
    repo.git('reset', '--quiet', '--hard', first);
    repo.git('commit', '--quiet', '--amend', '--message', 'Rewritten');
    const rewritten = await repo.commit({ 'tool.py': 'rewritten\n' });
    expect(await fetchNow(cache, `${url}#main`)).toMatchObject({ revision: rewritten });
    expect(server.sent() - before).toBeLessThan(20_000);
  });

  it('serves all references, folders and names in it; the commit comes once', async () => {
    const { home, repo, first, server, url, cache } = await heavy();
    repo.git('tag', 'light');
    repo.git('tag', '--annotate', 'v1', '--message', 'One');
    await repo.commit({ 'sub/plugin.yaml': 'name: sub\n' });
    await fetchNow(cache, `${url}#main`);
    const before = server.sent();
    await fetchNow(cache, `${url}//sub#main`);
    await fetchNow(cache, { source: `${url}#main`, name: 'another' });
    for (const ref of ['light', 'v1', first]) {
      expect(await fetchNow(cache, `${url}#${ref}`)).toMatchObject({ revision: first });
    }
    expect(server.sent() - before).toBeLessThan(20_000);
    expect(await readdir(join(home, 'cache', 'git'))).toHaveLength(1);
  });

  it('is not touched again for a commit that it has', async () => {
    const { first, server, url, cache } = await heavy();
    await fetchNow(cache, `${url}#main`);
    const before = server.requests.length;
    await cache.fetch(declared({ source: `${url}#main`, name: 'again' }), first, never);
    expect(server.requests).toHaveLength(before);
  });
});
