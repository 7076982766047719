import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PluginCacheOptions } from '../../src/plugins/cache.ts';
import { declared, fetchNow, openCache } from './support/caches.ts';
import { createRepository } from './support/git-repository.ts';
import { createKey, noSshServer, startSshServer } from './support/git-ssh-server.ts';
import { never, scratch } from './support/scratch.ts';

const reason = process.env.CI === 'true' ? null : noSshServer();
if (reason !== null) console.warn(`git+ssh is not tested: ${reason}.`);

/** A repository that an ssh server gives to whoever has its key. */
const served = async () => {
  const home = await scratch();
  const repo = await createRepository(join(home, 'repos', 'my plugin'));
  const first = await repo.commit({ 'tool.py': 'one\n', 'sub/plugin.yaml': 'name: sub\n' });
  const server = await startSshServer(join(home, 'sshd'));
  const sourceAt = (host: string) =>
    `git+ssh://${server.user}@${host}:${server.port}${repo.folder.replaceAll(' ', '%20')}`;
  return { home, repo, first, server, sourceAt, source: sourceAt('127.0.0.1') };
};

const coded = (code: string, hint: string) => ({ code, hint: expect.stringContaining(hint) });
const named = (source: string) => ({ source, name: 'mine' });

describe.skipIf(reason !== null)('a plugin on an ssh server', () => {
  it('is fetched by branch, tag and full SHA, with the key and the host keys of the configuration', async () => {
    const { home, repo, first, server, source } = await served();
    repo.git('tag', '--annotate', 'v1', '--message', 'One');
    const second = await repo.commit({ 'tool.py': 'two\n' });
    const cache = openCache(home, { ssh: server.ssh });
    for (const [ref, commit] of [
      ['main', second],
      ['v1', first],
      [first, first],
    ] as const) {
      expect(await cache.resolve(declared(named(`${source}#${ref}`)), never)).toMatchObject({
        revision: commit,
      });
      expect(await fetchNow(cache, named(`${source}#${ref}`))).toMatchObject({ revision: commit });
    }
    expect(await fetchNow(cache, `${source}//sub#main`)).toMatchObject({ name: 'sub' });
  });

  it('is reached at the address that was checked, and its host key is that of its name', async () => {
    const { home, server, sourceAt } = await served();
    const lookup = async () => ['127.0.0.1'];
    const cache = openCache(home, { ssh: server.ssh, lookup });
    const source = named(`${sourceAt('git.example')}#main`);
    await expect(fetchNow(cache, source)).rejects.toMatchObject(
      coded('PLUGIN_FETCH_FAILED', 'plugin_ssh_known_hosts'),
    );
    await server.knowAs('git.example');
    expect(await fetchNow(cache, source)).toMatchObject({ name: 'mine' });
  });

  it('is not fetched from a host whose key is not known, or is another one', async () => {
    const { home, server, source } = await served();
    const unknown = join(home, 'no-hosts');
    await writeFile(unknown, '');
    const other = join(home, 'other');
    createKey(join(home, 'another-key'));
    const [type, key] = (await readFile(join(home, 'another-key.pub'), 'utf8')).split(' ');
    await writeFile(other, `[127.0.0.1]:${server.port} ${type} ${key}\n`);
    for (const knownHosts of [unknown, other, null, join(home, 'nowhere')]) {
      const cache = openCache(home, { ssh: { ...server.ssh, knownHosts } });
      await expect(fetchNow(cache, named(`${source}#main`))).rejects.toMatchObject(
        coded('PLUGIN_FETCH_FAILED', 'plugin_ssh_known_hosts'),
      );
    }
    expect(await server.log()).not.toContain('Accepted');
    expect(await readFile(unknown, 'utf8')).toBe('');
  });

  it('is not fetched with another key, nor with one that nobody gave', async () => {
    const { home, server, source } = await served();
    createKey(join(home, 'another-key'));
    for (const key of [join(home, 'another-key'), null, join(home, 'nowhere')]) {
      const cache = openCache(home, { ssh: { ...server.ssh, key } });
      await expect(fetchNow(cache, named(`${source}#main`))).rejects.toMatchObject(
        coded('PLUGIN_FETCH_FAILED', 'plugin_ssh_key'),
      );
    }
    expect(await server.log()).not.toContain('Accepted');
  });

  it('is refused from a private address unless that is allowed, and the server never hears of it', async () => {
    const { home, server, source, sourceAt } = await served();
    const options: Partial<PluginCacheOptions> = { ssh: server.ssh, allowPrivateAddresses: false };
    const before = await server.log();
    for (const address of [source, sourceAt('localhost'), sourceAt('2130706433')]) {
      await expect(fetchNow(openCache(home, options), named(`${address}#main`))).rejects.toMatchObject(
        coded('PLUGIN_SOURCE_REFUSED', 'plugin_allow_private'),
      );
    }
    expect(await server.log()).toBe(before);
  });

  it('is not found where there is no such repository', async () => {
    const { home, server, source } = await served();
    const cache = openCache(home, { ssh: server.ssh });
    await expect(fetchNow(cache, named(`${source}-nowhere#main`))).rejects.toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
    });
  });

  it('runs nothing on this machine, whatever its address and the paths of the configuration contain', async () => {
    const { home, server, source } = await served();
    const trap = `'; touch ${home}/sprung; '$(touch ${home}/sprung)`;
    const folder = join(home, 'repos', "it's $(touch sprung) `touch sprung` %h");
    const repo = await createRepository(folder);
    await repo.commit({ 'tool.py': 'odd\n' });
    const odd = source.replace(
      /\/my%20plugin$/,
      `/${encodeURIComponent("it's $(touch sprung) `touch sprung` %h")}`,
    );
    expect(await fetchNow(openCache(home, { ssh: server.ssh }), named(`${odd}#main`))).toMatchObject({
      name: 'mine',
    });
    const cache = openCache(join(home, 'other'), { ssh: { key: trap, knownHosts: server.ssh.knownHosts } });
    await expect(fetchNow(cache, named(`${source}#main`))).rejects.toMatchObject({
      code: 'PLUGIN_FETCH_FAILED',
    });
    await expect(readFile(join(home, 'sprung'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is given up when the other side says nothing, and no ssh runs on', async () => {
    const home = await scratch();
    let open = 0;
    const silent = createServer((socket) => {
      open += 1;
      socket.on('close', () => (open -= 1));
      socket.on('error', () => {});
      socket.resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const cache = openCache(home, { fetchWithinMs: 1_500 });
    await expect(fetchNow(cache, named(`git+ssh://git@127.0.0.1:${port}/o/r#main`))).rejects.toMatchObject({
      code: 'PLUGIN_FETCH_TIMEOUT',
    });
    await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
  });
});
