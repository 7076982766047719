import { describe, expect, it } from 'vitest';
import { type DeclarationInput, parseDeclaration } from '../../src/plugins/declaration.ts';

const HASH = 'a'.repeat(64);

describe('a declared plugin', () => {
  it('may be a source alone', () => {
    expect(parseDeclaration('seo-all')).toEqual({ name: 'seo-all', source: 'local://seo-all' });
  });

  it('keeps its name, hash, restart preference and config beside the source', () => {
    const source = 'git+https://host.org/o/r#v1';
    const given = {
      source,
      name: 'mine',
      sha256: HASH.toUpperCase(),
      restart: 'never' as const,
      config: { a: [1] },
    };
    expect(parseDeclaration(given)).toEqual({ ...given, sha256: HASH });
  });

  it.each(['manual', 'auto'] as const)('may be tracked: %s', (track) => {
    expect(parseDeclaration({ source: 'seo-all', track })).toEqual({
      name: 'seo-all',
      source: 'local://seo-all',
      track,
    });
  });

  it.each([
    ['sha512:00', 'sha512'],
    ['md5-00', 'md5'],
    [`${'A'.repeat(43)}=`, 'hex'],
    ['00', '64'],
  ])('says of the hash %j what is wrong with it', (sha256, word) => {
    const message = expect.stringContaining(word);
    expect(() => parseDeclaration({ source: 'x', sha256 })).toThrow(expect.objectContaining({ message }));
  });

  it.each([
    [{ source: 'x', sha256: 'abc' }, 'BAD_REQUEST'],
    [{ source: 'x', sha256: `sha256:${HASH}` }, 'BAD_REQUEST'],
    [{ source: 'x', sha256: `sha512:${HASH}${HASH}` }, 'BAD_REQUEST'],
    [{ source: 'x', sha256: 'md5-d41d8cd98f00b204e9800998ecf8427e' }, 'BAD_REQUEST'],
    [{ source: 'x', sha256: `${'A'.repeat(43)}=` }, 'BAD_REQUEST'],
    [{ source: 'x', sha256: `${HASH}\n` }, 'BAD_REQUEST'],
    [{ source: 'x', sha256: 7 }, 'BAD_REQUEST'],
    [{ source: 'x', track: 'sometimes' }, 'BAD_REQUEST'],
    [{ source: 'x', restart: 'sometimes' }, 'BAD_REQUEST'],
    [{ source: 'x', config: [] }, 'BAD_REQUEST'],
    [{ source: 'x', name: 3 }, 'BAD_REQUEST'],
    [{ source: 'x', sha265: HASH }, 'BAD_REQUEST'],
    [{ name: 'x' }, 'BAD_REQUEST'],
    [null, 'BAD_REQUEST'],
    [7, 'BAD_REQUEST'],
    [{ source: 'x', name: '../x' }, 'PLUGIN_NAME_INVALID'],
    ['git+https://host.org/o/My_Repo#v1', 'PLUGIN_NAME_INVALID'],
    [{ source: 'git+https://host.org/o/r', sha256: HASH }, 'PLUGIN_UNPINNED'],
  ])('is refused as %j with %s', (input, code) => {
    expect(() => parseDeclaration(input as DeclarationInput)).toThrow(expect.objectContaining({ code }));
  });
});
