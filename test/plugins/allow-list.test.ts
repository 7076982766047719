import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAllowed, parseAllowPattern } from '../../src/plugins/allow-list.ts';
import { declared, fetchNow, openCache } from './support/caches.ts';
import { createRepository } from './support/git-repository.ts';
import { never, scratch, write } from './support/scratch.ts';

const coded = (code: string) => expect.objectContaining({ code });

const allows = (patterns: string[], source: string): boolean => {
  try {
    checkAllowed(source, patterns);
    return true;
  } catch (error) {
    expect(error).toEqual(coded('PLUGIN_NOT_ALLOWED'));
    return false;
  }
};

describe('an allow-list', () => {
  it.each([
    [['*'], 'git+https://host.org/o/r#v1'],
    [['local://*'], 'local://seo'],
    [['local://seo'], 'local://seo'],
    [['github://acme/*'], 'github://acme/one#v1'],
    [['github://acme/*'], 'github://acme/one/sub/folder#v1'],
    [['github://acme/one'], 'github://acme/one#any'],
    [['github://acme/one#v*'], 'github://acme/one#v2'],
    [['*/trusted/*'], 'gitea://trusted/one#v2'],
    [['local://*', 'https://host.org/*.tgz'], `https://host.org/a/b.tgz#sha256=${'0'.repeat(64)}`],
    [['git+ssh://git@host.org/*'], 'git+ssh://git@host.org/o/r.git#v1'],
  ])('of %j allows %s', (patterns, source) => {
    expect(allows(patterns, source)).toBe(true);
  });

  it.each([
    [[], 'local://seo'],
    [['github://acme/*'], 'github://acme-evil/one#v1'],
    [['github://acme/*'], 'github://other/github://acme/one#v1'],
    [['github://acme/*'], 'gitea://acme/one#v1'],
    [['github://acme/one'], 'github://acme/one-more#v1'],
    [['github://acme/one'], 'github://acme/one/sub#v1'],
    [['github://acme/one#v*'], 'github://acme/one#main'],
    // What follows a # is a reference, whatever it looks like.
    [['*/acme/*'], 'github://other/one#x/acme/y'],
    [['git+https://host.org/*'], 'git+https://host.org.evil.example/o/r#v1'],
    [['git+https://host.org/*'], 'git+http://host.org/o/r#v1'],
    [['github://acme/o.e'], 'github://acme/one#v1'],
    [['github://acme/a*a'], 'github://acme/a#v1'],
  ])('of %j refuses %s', (patterns, source) => {
    expect(allows(patterns, source)).toBe(false);
  });

  it('takes everything but the asterisk as it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        const literal = text.replaceAll('*', '').replaceAll('#', '');
        expect(allows([literal], other.replaceAll('#', ''))).toBe(literal === other.replaceAll('#', ''));
        expect(allows([`${literal}*`], `${literal}${other}`.replace(/#.*$/s, ''))).toBe(true);
      }),
    );
  });

  it('is quick, whatever the pattern', () => {
    const began = performance.now();
    expect(allows([`${'*a'.repeat(300)}*b`], `local://${'a'.repeat(900)}`)).toBe(false);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('a pattern that a person wrote', () => {
  it.each(['*', 'local://*', ' github://acme/* ', 'git+https://*/acme/*', 'https://h.org/*#sha256=*'])(
    'may be %j',
    (text) => {
      expect(parseAllowPattern(text)).toBe(text.trim());
    },
  );

  it.each([
    ['', 'PLUGIN_SOURCE_INVALID'],
    ['acme/*', 'PLUGIN_SOURCE_INVALID'],
    ['seo', 'PLUGIN_SOURCE_INVALID'],
    ['ftp://host/*', 'PLUGIN_SOURCE_INVALID'],
    ['GitHub://acme/*', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://Host.org/*', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host.org*', 'PLUGIN_SOURCE_INVALID'],
    ['git+ssh://git@host.org*', 'PLUGIN_SOURCE_INVALID'],
    ['github://acme/my plugin', 'PLUGIN_SOURCE_INVALID'],
    ['github://acme/*\u0000', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://me:hush@host.org/*', 'PLUGIN_SOURCE_CREDENTIALS'],
    ['git+ssh://me:hush@host.org/*', 'PLUGIN_SOURCE_CREDENTIALS'],
  ])('is refused as %j with %s', (text, code) => {
    expect(() => parseAllowPattern(text)).toThrow(coded(code));
  });
});

describe('the allow-list of an installation', () => {
  it('holds for looking up and for fetching, and for what is cached already', async () => {
    const home = await scratch();
    const repo = await createRepository(join(home, 'repos', 'my-plugin'));
    const first = await repo.commit({ 'tool.py': 'one\n' });
    await write(join(home, 'registry', 'seo'), { 'tool.py': 'x' });
    const source = `${repo.url}#main`;
    await fetchNow(openCache(home), source);

    for (const allow of [['local://*'], []]) {
      const cache = openCache(home, { allow });
      await expect(cache.resolve(declared(source), never)).rejects.toThrow(coded('PLUGIN_NOT_ALLOWED'));
      await expect(cache.fetch(declared(source), null, never)).rejects.toThrow(coded('PLUGIN_NOT_ALLOWED'));
      await expect(cache.fetch(declared(source), first, never)).rejects.toThrow(coded('PLUGIN_NOT_ALLOWED'));
    }
    expect(await fetchNow(openCache(home, { allow: ['local://*'] }), 'seo')).toMatchObject({ name: 'seo' });
    await expect(fetchNow(openCache(home, { allow: [] }), 'seo')).rejects.toThrow(
      coded('PLUGIN_NOT_ALLOWED'),
    );
    expect(await fetchNow(openCache(home, { allow: null }), source)).toMatchObject({ revision: first });
  });

  it('keeps git from being started for what it does not allow', async () => {
    const home = await scratch();
    const program = join(home, 'spy-git');
    await writeFile(program, `#!/bin/sh\ntouch '${home}/started'\nexit 1\n`, { mode: 0o755 });
    const cache = openCache(home, { git: program, allow: ['github://acme/*'] });
    await expect(fetchNow(cache, 'git+https://host.example/o/r#main')).rejects.toThrow(
      coded('PLUGIN_NOT_ALLOWED'),
    );
    await expect(access(join(home, 'started'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
