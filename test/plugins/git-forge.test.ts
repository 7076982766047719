import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declared, fetchNow, openCache } from './support/caches.ts';
import { createRepository } from './support/git-repository.ts';
import { startGitServer } from './support/git-server.ts';
import { never, scratch } from './support/scratch.ts';

/** Repositories below a path of a server, as where a forge is not at the top of its host. */
const forge = async () => {
  const home = await scratch();
  const repo = await createRepository(join(home, 'repos', 'code', 'owner', 'my-plugin'));
  const first = await repo.commit({ 'tool.py': 'one\n', 'plugins/inner one/plugin.yaml': 'name: inner\n' });
  const server = await startGitServer(join(home, 'repos'));
  const base = `http://127.0.0.1:${server.port}/code`;
  return { home, repo, first, server, base };
};

describe.each([
  ['github', (base: string) => ({ githubUrl: base })],
  ['gitea', (base: string) => ({ giteaUrl: base })],
] as const)('a %s source', (kind, options) => {
  it('is fetched from where the configuration says that it is, a path and a port included', async () => {
    const { home, first, base } = await forge();
    const cache = openCache(home, options(base));
    const source = `${kind}://owner/my-plugin#main`;
    expect(await cache.resolve(declared(source), never)).toEqual({ revision: first, treeHash: null });
    expect(await fetchNow(cache, source)).toMatchObject({ name: 'my-plugin', source, revision: first });
  });

  it('may be a folder, and keeps the form in which it was declared', async () => {
    const { home, base } = await forge();
    const cache = openCache(home, options(`${base}/`));
    const source = `${kind}://owner/my-plugin/plugins/inner%20one#main`;
    const plugin = await fetchNow(cache, { source, name: 'inner' });
    expect(plugin).toMatchObject({ name: 'inner', source });
    expect(plugin.manifestHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('shares its mirror with the git source of the same address', async () => {
    const { home, server, base } = await forge();
    const cache = openCache(home, options(base));
    const [one, two] = await Promise.all([
      fetchNow(cache, `${kind}://owner/my-plugin#main`),
      fetchNow(cache, `git+${base}/owner/my-plugin#main`),
    ]);
    expect(two.treeHash).toBe(one.treeHash);
    expect(await readdir(join(home, 'cache', 'git'))).toHaveLength(1);
    // Each looks up the branch; the content comes once.
    const advertised = server.requests.filter((path) => path.includes('/info/refs'));
    expect(advertised).toHaveLength(3);
  });

  it('is told apart from one elsewhere by the token that it needs', async () => {
    const { home, server, base } = await forge();
    server.askFor('hush');
    const tokenFor = (host: string) => (host === `127.0.0.1:${server.port}` ? 'hush' : null);
    const cache = openCache(home, { ...options(base), tokenFor });
    expect(await fetchNow(cache, `${kind}://owner/my-plugin#main`)).toMatchObject({ name: 'my-plugin' });
  });
});

describe('a gitea source', () => {
  it('is refused where nobody said where gitea is', async () => {
    const { home } = await forge();
    const cache = openCache(home);
    const refused = {
      code: 'PLUGIN_SOURCE_REFUSED',
      hint: expect.stringContaining('plugin_gitea_url'),
    };
    await expect(fetchNow(cache, 'gitea://owner/my-plugin#main')).rejects.toMatchObject(refused);
    await expect(cache.resolve(declared('gitea://owner/my-plugin#main'), never)).rejects.toMatchObject(
      refused,
    );
  });
});

describe('a github source', () => {
  it('is at github.com unless somebody says otherwise', async () => {
    const home = await scratch();
    const asked: string[] = [];
    const lookup = async (name: string) => {
      asked.push(name);
      return ['127.0.0.1'];
    };
    const cache = openCache(home, { lookup, allowPrivateAddresses: false });
    await expect(fetchNow(cache, 'github://owner/repo#main')).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_REFUSED',
    });
    expect(asked).toEqual(['github.com']);
  });
});
