import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPublic } from '../../src/plugins/net/public-address.ts';
import { declared, fetchNow, openCache } from './support/caches.ts';
import { createRepository } from './support/git-repository.ts';
import { startGitServer } from './support/git-server.ts';
import { never, scratch } from './support/scratch.ts';

const coded = (code: string) => expect.objectContaining({ code });

const served = async (options: { old?: boolean } = {}) => {
  const home = await scratch();
  const repo = await createRepository(join(home, 'repos', 'owner', 'my-plugin'));
  const first = await repo.commit({ 'tool.py': 'one\n' });
  const second = await repo.commit({ 'tool.py': 'two\n' });
  repo.git('tag', '--annotate', 'v2', '--message', 'Two');
  const third = await repo.commit({ 'tool.py': 'three\n' });
  const server = await startGitServer(join(home, 'repos'), options);
  return {
    home,
    repo,
    server,
    url: `${server.url}/owner/my-plugin`,
    commits: [first, second, third] as const,
  };
};

describe.each([
  ['a git server', {}],
  ['a git server that gives out tips only', { old: true }],
])('a plugin on %s', (_, options) => {
  it('is fetched by branch, tag and full SHA, of the tip and of an older commit', async () => {
    const { home, url, commits } = await served(options);
    const [first, second, third] = commits;
    const cache = openCache(home);
    for (const [ref, commit] of [
      ['main', third],
      ['v2', second],
      [third, third],
      [first, first],
    ]) {
      const plugin = await fetchNow(cache, `${url}#${ref}`);
      expect(plugin.revision).toBe(commit);
      await cache.verify(plugin, never);
    }
  });

  it('is fetched by the SHA of an older commit first, and by its branch later', async () => {
    const { home, url, commits } = await served(options);
    const cache = openCache(home);
    expect(await fetchNow(cache, `${url}#${commits[0]}`)).toMatchObject({ revision: commits[0] });
    expect(await fetchNow(cache, `${url}#main`)).toMatchObject({ revision: commits[2] });
  });
});

describe('a plugin on a git server', () => {
  it('is asked for once when fifty want it, and not at all when its revision is cached', async () => {
    const { home, server, url, commits } = await served();
    const cache = openCache(home);
    await Promise.all(Array.from({ length: 50 }, () => fetchNow(cache, `${url}#main`)));
    const advertised = server.requests.filter((path) => path.includes('/info/refs'));
    expect(advertised).toHaveLength(2);
    const before = server.requests.length;
    await cache.fetch(declared(`${url}#main`), commits[2], never);
    expect(server.requests).toHaveLength(before);
  });

  it('can be had while the server is away, if its revision is cached', async () => {
    const { home, server, url, commits } = await served();
    const cache = openCache(home);
    const plugin = await fetchNow(cache, `${url}#main`);
    await server.close();
    expect(await cache.fetch(declared(`${url}#main`), commits[2], never)).toEqual(plugin);
    expect(await fetchNow(cache, `${url}#${commits[2]}`)).toMatchObject({ treeHash: plugin.treeHash });
    await expect(fetchNow(cache, `${url}#main`)).rejects.toThrow(coded('PLUGIN_FETCH_FAILED'));
  });

  it('is not found where the server has no such repository', async () => {
    const { home, server } = await served();
    const missing = fetchNow(openCache(home), `${server.url}/owner/nowhere#main`);
    await expect(missing).rejects.toThrow(coded('PLUGIN_NOT_FOUND'));
  });

  it.each([401, 403, 500, 503])(
    'fails when the server answers %i, without asking anybody anything',
    async (status) => {
      const { home, server, url } = await served();
      server.answerWith((_, response) => response.writeHead(status, { 'www-authenticate': 'Basic' }).end());
      await expect(fetchNow(openCache(home), `${url}#main`)).rejects.toThrow(coded('PLUGIN_FETCH_FAILED'));
    },
  );

  it('is not fetched from where the server redirects to', async () => {
    const { home, server, url } = await served();
    const elsewhere = await served();
    server.answerWith((request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${elsewhere.server.port}${request.url}` }).end();
    });
    await expect(fetchNow(openCache(home), `${url}#main`)).rejects.toMatchObject({
      code: 'PLUGIN_FETCH_FAILED',
      hint: expect.stringContaining('redirects'),
    });
    expect(elsewhere.server.requests).toEqual([]);
  });

  it('is given up when it takes too long, and nothing of it runs on', async () => {
    const { home, server, url } = await served();
    let open = 0;
    server.answerWith((request) => {
      open += 1;
      request.socket.on('close', () => (open -= 1));
    });
    const cache = openCache(home, { fetchWithinMs: 300 });
    await expect(fetchNow(cache, `${url}#main`)).rejects.toThrow(coded('PLUGIN_FETCH_TIMEOUT'));
    await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
    server.answerWith(null);
    expect(await fetchNow(openCache(home), `${url}#main`)).toMatchObject({ name: 'my-plugin' });
  });

  it('is left when the only one who wants it leaves', async () => {
    const { home, server, url } = await served();
    const seen = Promise.withResolvers<void>();
    let open = 0;
    server.answerWith((request) => {
      open += 1;
      request.socket.on('close', () => (open -= 1));
      seen.resolve();
    });
    const leaver = new AbortController();
    const fetching = openCache(home).fetch(declared(`${url}#main`), null, leaver.signal);
    await seen.promise;
    leaver.abort(new Error('gone'));
    await expect(fetching).rejects.toThrow('gone');
    await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
  });

  it('is refused from a private address unless that is allowed, and the server never hears of it', async () => {
    const { home, server, url } = await served();
    const cache = openCache(home, { allowPrivateAddresses: false });
    for (const source of [
      url,
      url.replace('127.0.0.1', 'localhost'),
      url.replace('127.0.0.1', '2130706433'),
    ]) {
      await expect(fetchNow(cache, `${source}#main`)).rejects.toThrow(coded('PLUGIN_SOURCE_REFUSED'));
    }
    expect(server.requests).toEqual([]);
  });

  it('is connected to at the address that was checked', async () => {
    const { home, server, url } = await served();
    const program = join(home, 'spy-git');
    await writeFile(program, `#!/bin/sh\necho "$*" >> '${home}/spied'\nexec git "$@"\n`, { mode: 0o755 });
    const cache = openCache(home, { git: program });
    await fetchNow(cache, `${url.replace('127.0.0.1', 'localhost')}#main`).catch(() => {});
    expect(await readFile(join(home, 'spied'), 'utf8')).toMatch(
      new RegExp(`http.curloptResolve=localhost:${server.port}:\\S*127.0.0.1`),
    );
  });

  it.each(['git version 2.36.9', 'git version 1.99.0', 'hello'])(
    'is not reached by a git that would not keep to that address: %s',
    async (version) => {
      const { home, server, url } = await served();
      const program = join(home, 'old-git');
      const text = `#!/bin/sh\ncase " $* " in *" version "*) echo '${version}' ;; *) exec git "$@" ;; esac\n`;
      await writeFile(program, text, { mode: 0o755 });
      await expect(fetchNow(openCache(home, { git: program }), `${url}#main`)).rejects.toMatchObject({
        code: 'PLUGIN_FETCH_FAILED',
        hint: expect.stringContaining('2.37'),
      });
      expect(server.requests).toEqual([]);
    },
  );

  it('brings nothing of the environment but what reaches the network', async () => {
    const { home, url } = await served();
    const program = join(home, 'spy-git');
    await writeFile(program, `#!/bin/sh\nenv > '${home}/environment'\nexec git "$@"\n`, { mode: 0o755 });
    const PATH = execFileSync('sh', ['-c', 'echo $PATH']).toString().trim();
    const env = { PATH, KEEPWELL_ADMIN_TOKEN: 'hush', GIT_SSH_COMMAND: 'hush', NO_PROXY: '127.0.0.1' };
    await fetchNow(openCache(home, { git: program, env }), `${url}#main`);
    const seen = await readFile(join(home, 'environment'), 'utf8');
    expect(seen).not.toContain('hush');
    expect(seen).toContain('NO_PROXY=127.0.0.1');
  });

  it('leaves no credentials and no address with the workspace: the cache alone knows the mirror', async () => {
    const { home, url } = await served();
    await fetchNow(openCache(home), `${url}#main`);
    expect(await readdir(join(home, 'cache', 'git'))).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.git$/)]);
  });
});

describe('a public address', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    'ff02::1',
    '64:ff9b::7f00:1',
  ])('is not %s', (address) => {
    expect(isPublic(address)).toBe(false);
  });
  it.each(['8.8.8.8', '172.32.0.1', '192.167.1.1', '2606:4700::1111', '140.82.121.3'])('is %s', (address) => {
    expect(isPublic(address)).toBe(true);
  });
});
