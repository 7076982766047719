import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPluginCache } from '../../src/plugins/cache.ts';
import { declared } from './support/caches.ts';
import { createRepository } from './support/git-repository.ts';
import { startGitServer } from './support/git-server.ts';
import { never, scratch } from './support/scratch.ts';
import { NOTHING, openSets, WORKSPACE } from './support/workspaces.ts';

const HOUR = 3_600_000;

/** A cache that has fetched one plugin from each of two repositories, and a workspace that has none of them. */
const open = async (kind: 'git' | 'github' | 'gitea') => {
  const home = await scratch();
  for (const name of ['wanted', 'other']) {
    const repo = await createRepository(join(home, 'repos', 'owner', name));
    await repo.commit({ 'tool.py': `${name}\n` });
  }
  const server = await startGitServer(join(home, 'repos'));
  const base = `http://127.0.0.1:${server.port}`;
  const clock = { now: Date.now() };
  const cache = createPluginCache({
    cacheFolder: join(home, 'cache'),
    registryFolder: join(home, 'registry'),
    allowPrivateAddresses: true,
    githubUrl: `${base}/`,
    giteaUrl: base,
    now: () => clock.now,
  });
  const sourceOf = (name: string) =>
    kind === 'git' ? `git+${base}/owner/${name}#main` : `${kind}://owner/${name}#main`;
  const fetch = (name: string, revision: string | null = null) =>
    cache.fetch(declared(sourceOf(name)), revision, never);
  const sets = openSets(home);
  const wanted = await fetch('wanted');
  await fetch('other');
  return {
    home,
    clock,
    fetch,
    wanted,
    sourceOf,
    async install() {
      const generation = await sets.stage(WORKSPACE, [{ from: 'cache', plugin: wanted }], NOTHING, never);
      await sets.activate(WORKSPACE, generation, { keep: [], signal: never });
    },
    collect: (...sources: string[]) =>
      cache.collectGarbage({ sets, workspaceIds: [WORKSPACE], sources, unusedForMs: HOUR }),
    /** How many mirrors, and how many revisions whose tree is known. */
    left: async () => [
      (await readdir(join(home, 'cache', 'git'))).length,
      (await readdir(join(home, 'cache', 'revisions'))).length,
    ],
    requests: () => server.requests.length,
  };
};

describe.each(['git', 'github', 'gitea'] as const)('what is kept of repositories of %s sources', (kind) => {
  it('goes once nobody declares them and nobody used them for a while', async () => {
    const { clock, sourceOf, collect, left } = await open(kind);
    expect(await collect(sourceOf('wanted'))).toEqual({ trees: 0, mirrors: 0, memos: 0 });
    expect(await left()).toEqual([2, 2]);
    clock.now += 2 * HOUR;
    expect(await collect(sourceOf('wanted'))).toEqual({ trees: 2, mirrors: 1, memos: 2 });
    expect(await left()).toEqual([1, 0]);
    expect(await collect()).toMatchObject({ mirrors: 1 });
    expect(await left()).toEqual([0, 0]);
  });

  it('stays while a workspace has what came from there, and needs no network then', async () => {
    const { clock, sourceOf, collect, left, install, fetch, wanted, requests } = await open(kind);
    await install();
    clock.now += 2 * HOUR;
    expect(await collect(sourceOf('wanted'))).toEqual({ trees: 1, mirrors: 1, memos: 1 });
    expect(await left()).toEqual([1, 1]);
    const before = requests();
    expect(await fetch('wanted', wanted.revision)).toEqual(wanted);
    expect(requests()).toBe(before);
    await fetch('other');
    expect(await left()).toEqual([2, 2]);
  });

  it('stays altogether where one declared source makes no sense any more', async () => {
    const { clock, collect, left } = await open(kind);
    clock.now += 2 * HOUR;
    expect(await collect('gitlab://owner/wanted#main')).toEqual({ trees: 2, mirrors: 0, memos: 2 });
    expect(await left()).toEqual([2, 0]);
  });
});

describe('garbage collection', () => {
  it('of a cache in which nothing was fetched yet frees nothing', async () => {
    const home = await scratch();
    await mkdir(join(home, 'registry'));
    const cache = createPluginCache({
      cacheFolder: join(home, 'cache'),
      registryFolder: join(home, 'registry'),
    });
    const needs = { sets: openSets(home), workspaceIds: [], sources: [], unusedForMs: 0 };
    expect(await cache.collectGarbage(needs)).toEqual({ trees: 0, mirrors: 0, memos: 0 });
  });
});
