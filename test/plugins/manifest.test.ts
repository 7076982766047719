import { describe, expect, it } from 'vitest';
import type { KeepwellError } from '../../src/errors.ts';
import { parseManifest } from '../../src/plugins/manifest.ts';

const violations = (text: string) => {
  try {
    parseManifest(text);
    return [];
  } catch (error) {
    const { code, details } = error as KeepwellError;
    expect(code).toBe('PLUGIN_MANIFEST_INVALID');
    return (details as { field: string }[]).map(({ field }) => field);
  }
};

describe('a plugin.yaml', () => {
  it('may be empty', () => {
    expect(parseManifest('')).toEqual({});
    expect(parseManifest('name:\n')).toEqual({ name: null });
  });

  it('keeps the fields it knows and those it does not', () => {
    const text =
      'name: seo-all\nversion: 1.0\ntags: [a, b]\nskills: [one, {name: two}]\nrestart: never\nmine: {x: [1]}\n';
    expect(parseManifest(text)).toEqual({
      name: 'seo-all',
      version: 1,
      tags: ['a', 'b'],
      skills: ['one', { name: 'two' }],
      restart: 'never',
      mine: { x: [1] },
    });
  });

  it('is told all that is wrong with it at once', () => {
    const text =
      'name: My Plugin\nversion: [1]\ntags: a\nruntimes: [1]\nskills: [1]\nhooks: x\nrules: 1\nrestart: maybe\n';
    expect(violations(text)).toEqual([
      'name',
      'version',
      'tags',
      'runtimes',
      'skills',
      'hooks',
      'rules',
      'restart',
    ]);
  });

  it.each([
    ['a list', '- a\n'],
    ['a text', 'hello\n'],
    ['no YAML', 'a: [\n'],
    ['two documents', 'a: 1\n---\nb: 2\n'],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`)
        .join('\n')}\n`,
    ],
  ])('is refused when it is %s', (_, text) => {
    expect(violations(text)).toEqual(['']);
  });
});
