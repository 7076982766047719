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

  it.each([
    [{ source: 'x', sha256: 'abc' }, 'BAD_REQUEST'],
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
