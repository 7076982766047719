import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPublic, lookUpHost } from '../../src/plugins/net/public-address.ts';
import { fetchNow, openCache } from './support/caches.ts';
import { createRepository } from './support/git-repository.ts';
import { startGitServer } from './support/git-server.ts';
import { scratch } from './support/scratch.ts';

describe('a host', () => {
  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '127.1',
    '127.1.',
    '0',
    'localhost',
    'LOCALHOST',
    '[::1]:8080',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[fe80::1%lo]',
    '[fe80::1%251]',
    '[fd00::1]',
    '169.254.169.254',
    '10.0.0.1:443',
  ])('%s is refused, and the setting named that would allow it', async (host) => {
    await expect(lookUpHost(host, { usualPort: 443, allowPrivate: false })).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_REFUSED',
      hint: expect.stringContaining('plugin_allow_private'),
    });
  });

  it('is refused when one of its addresses is private, whichever', async () => {
    for (const addresses of [
      ['8.8.8.8', '127.0.0.1'],
      ['2606:4700::1111', 'fd00::1'],
      ['10.0.0.1', '8.8.8.8'],
    ]) {
      const options = { usualPort: 443, allowPrivate: false, lookup: async () => addresses };
      await expect(lookUpHost('host.example', options)).rejects.toMatchObject({
        code: 'PLUGIN_SOURCE_REFUSED',
      });
    }
  });

  it('that has no address at all cannot be found', async () => {
    const options = { usualPort: 443, allowPrivate: true, lookup: async () => [] };
    await expect(lookUpHost('host.example', options)).rejects.toMatchObject({ code: 'PLUGIN_FETCH_FAILED' });
  });

  it('that is an address is that address, whatever a resolver says', async () => {
    const options = { usualPort: 443, allowPrivate: false, lookup: async () => ['8.8.8.8'] };
    await expect(lookUpHost('127.0.0.1', options)).rejects.toMatchObject({ code: 'PLUGIN_SOURCE_REFUSED' });
    expect(await lookUpHost('[2606:4700::1111]:81', options)).toEqual({
      name: '2606:4700::1111',
      port: 81,
      addresses: ['2606:4700::1111'],
    });
  });

  it('that is an address in an odd form is refused even where private ones are allowed', async () => {
    for (const host of ['2130706433', '0x7f.1', '127.1', '0177.0.0.1']) {
      await expect(lookUpHost(host, { usualPort: 443, allowPrivate: true })).rejects.toMatchObject({
        code: 'PLUGIN_SOURCE_REFUSED',
      });
    }
  });

  it('may end in digits that are no address', async () => {
    const options = { usualPort: 443, allowPrivate: false, lookup: async () => ['8.8.8.8'] };
    for (const host of ['git1', 'git.x1', 'h0x1', '1password.example']) {
      expect(await lookUpHost(host, options)).toMatchObject({ name: host, port: 443 });
    }
  });
});

describe('an address', () => {
  it.each([
    'fec0::1',
    '::ffff:0:127.0.0.1',
    '64:ff9b:1::1',
    '2001::1',
    '2002:7f00:1::',
    '5f00::1',
    '192.88.99.1',
  ])('%s is not public', (address) => expect(isPublic(address)).toBe(false));
  it.each(['2606:4700::1111', '2a00:1450::1', '2620:fe::fe'])('%s is public', (address) => {
    expect(isPublic(address)).toBe(true);
  });
});

describe('a name that means something else a moment later', () => {
  const served = async () => {
    const home = await scratch();
    const repo = await createRepository(join(home, 'repos', 'my-plugin'));
    await repo.commit({ 'tool.py': 'one\n' });
    const server = await startGitServer(join(home, 'repos'));
    return { home, repo, server, source: `git+http://git.example:${server.port}/my-plugin#main` };
  };

  it('is connected to at the address that was looked up, and looked up no more by git', async () => {
    const { home, source } = await served();
    const cache = openCache(home, { lookup: async () => ['127.0.0.1'] });
    // Nobody else knows a host of that name, so nothing but the pin can have led there.
    expect(await fetchNow(cache, source)).toMatchObject({ name: 'my-plugin' });
  });

  it('is refused as soon as it means a private address, and the server there hears nothing', async () => {
    const { home, repo, server, source } = await served();
    const commit = repo.git('rev-parse', 'HEAD');
    const program = join(home, 'git');
    // The first answer of the public server; whoever asks git for more gets to where its arguments lead.
    await writeFile(
      program,
      `#!/bin/sh
echo "$*" >> '${home}/log'
case " $* " in
  *" ls-remote "*) printf '%s\\trefs/heads/main\\n' ${commit} ;;
  *) exec git "$@" ;;
esac
`,
      { mode: 0o755 },
    );
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const asked: string[] = [];
    const lookup = async (name: string) => {
      asked.push(name);
      return answers.shift() ?? ['127.0.0.1'];
    };
    const cache = openCache(home, { git: program, lookup, allowPrivateAddresses: false });
    await expect(fetchNow(cache, source)).rejects.toMatchObject({ code: 'PLUGIN_SOURCE_REFUSED' });
    expect(asked).toEqual(['git.example', 'git.example']);
    const log = await readFile(join(home, 'log'), 'utf8');
    expect(log).toContain(`http.curloptResolve=git.example:${server.port}:8.8.8.8`);
    expect(log).not.toMatch(/ fetch .*git\.example/);
    expect(server.requests).toEqual([]);
  });
});
