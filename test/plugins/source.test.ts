import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeepwellError } from '../../src/errors.ts';
import { nameOfSource, parseSource, printSource, type Source } from '../../src/plugins/source.ts';

const SHA = '0123456789abcdef0123456789abcdef01234567';
const normal = (text: string) => printSource(parseSource(text));
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof KeepwellError ? error.code : 'unknown';
  }
};

describe('a plugin source', () => {
  it.each([
    ['seo-all', 'local://seo-all'],
    ['local://seo-all', 'local://seo-all'],
    ['git+https://host.org/owner/repo#v1', 'git+https://host.org/owner/repo#v1'],
    [
      'git+https://host.org/owner/repo.git//plugins/one#main',
      'git+https://host.org/owner/repo.git//plugins/one#main',
    ],
    ['GIT+HTTPS://Host.ORG:443/owner/Repo#feature/x', 'git+https://host.org/owner/Repo#feature/x'],
    ['git+http://127.0.0.1:8080/repo#main', 'git+http://127.0.0.1:8080/repo#main'],
    ['git+http://[::1]:8080/repo#main', 'git+http://[::1]:8080/repo#main'],
    ['git+file:///srv/my repo#main', 'git+file:///srv/my%20repo#main'],
    ['git+file:///srv/repo//a/b#refs/heads/main', 'git+file:///srv/repo//a/b#refs/heads/main'],
    [`git+https://host.org/o/r#${SHA.toUpperCase()}`, `git+https://host.org/o/r#${SHA}`],
    ['git+https://host.org/o/r#a#b', 'git+https://host.org/o/r#a#b'],
    ['GIT+SSH://git@Host.ORG:22/o/r.git//sub#v1', 'git+ssh://git@host.org/o/r.git//sub#v1'],
    ['git+ssh://host.org:2222/o/r#v1', 'git+ssh://host.org:2222/o/r#v1'],
    ['GitHub://Owner/.github#v1', 'github://Owner/.github#v1'],
    ['github://owner/repo.git/a/@scope#v1', 'github://owner/repo/a/%40scope#v1'],
    ['gitea://owner/repo//a/b#v1', 'gitea://owner/repo/a/b#v1'],
  ])('%s has the normal form %s', (text, expected) => {
    expect(normal(text)).toBe(expected);
  });

  it('is what its normal form says, whatever it contains', () => {
    const part = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => !/[\p{C}/\\]/u.test(text) && text !== '.' && text !== '..');
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const ref = fc.oneof(
      fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9#%+-]{0,20}(\/v[0-9]{1,3}(\.[0-9]{1,3})?)?$/),
      fc.stringMatching(/^[0-9a-f]{40}$/),
    );
    const git = fc.record({
      kind: fc.constant('git' as const),
      place: fc.oneof(
        fc.record({
          transport: fc.constantFrom('https', 'http'),
          user: fc.constant(null),
          host: fc.constantFrom('h.org', 'h:81', '[::1]'),
        }),
        fc.record({
          transport: fc.constant('ssh'),
          user: fc.constantFrom(null, 'git', '_x'),
          host: fc.constantFrom('h.org', 'h:81', '[::1]'),
        }),
        fc.constant({ transport: 'file', user: null, host: '' }),
      ),
      repository: path,
      subpath: fc.oneof(fc.constant(''), path),
      ref,
    });
    const local = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,127}$/).map((name) => ({ kind: 'local', name }));
    const forgeName = fc
      .stringMatching(/^[a-zA-Z0-9._][a-zA-Z0-9._-]{0,12}$/)
      .filter((name) => name !== '.' && name !== '..');
    const forge = fc.record({
      kind: fc.constantFrom('github', 'gitea'),
      repository: fc.tuple(forgeName, forgeName).map((names) => names.join('/').replace(/(\.git)+$/, 'x')),
      subpath: fc.oneof(fc.constant(''), path),
      ref,
    });
    const archive = fc
      .tuple(
        fc.webUrl({ withQueryParameters: false, withFragments: false }),
        fc.stringMatching(/^[0-9a-f]{64}$/),
      )
      .map(([url, sha256]) => ({ kind: 'archive', url: new URL('x.tgz', url).href, sha256 }));
    const source = fc.oneof(
      local,
      forge,
      archive,
      git.map(({ place, ...rest }) => ({ ...rest, ...place })),
    );
    fc.assert(
      fc.property(source, (any) => {
        const text = printSource(any as Source);
        fc.pre(text.length <= 1_000);
        expect(parseSource(text)).toEqual(any);
      }),
    );
  });

  it('never fails in another way than with a code, and its normal form is stable', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((rest) => `git+https://host/${rest}`),
      fc.string().map((rest) => `git+https://host/o/r#${rest}`),
      fc.string().map((rest) => `local://${rest}`),
      fc.string().map((rest) => `github://${rest}#x`),
      fc.string().map((rest) => `gitea://o/r/${rest}`),
      fc.string().map((rest) => `git+ssh://${rest}#x`),
      fc.string().map((rest) => `https://${rest}.tgz#sha256=${'0'.repeat(64)}`),
    );
    fc.assert(
      fc.property(text, (any) => {
        const code = codeOf(() => parseSource(any));
        expect(code).not.toBe('unknown');
        if (code === 'none') expect(normal(normal(any))).toBe(normal(any));
      }),
    );
  });

  it.each([
    ['git+https://host.org/o/r', 'PLUGIN_UNPINNED'],
    ['git+https://host.org/o/r#', 'PLUGIN_UNPINNED'],
    ['git+https://user:secret@host.org/o/r#main', 'PLUGIN_SOURCE_CREDENTIALS'],
    ['git+https://secret@host.org/o/r#main', 'PLUGIN_SOURCE_CREDENTIALS'],
    ['git+https://host.org/o/r?token=secret#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+ssh://git:secret@host.org/o/r#main', 'PLUGIN_SOURCE_CREDENTIALS'],
    ['git+ssh://-oProxyCommand=id@host.org/o/r#main', 'PLUGIN_SOURCE_CREDENTIALS'],
    ['git+ssh://-oProxyCommand=id/o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+ftp://host.org/o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+ext::sh -c id#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host.org#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https:///o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://-host/o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host:0/o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://localhost./o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://[fe80::1%25lo]/o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://ⓛocalhost/o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://h%6fst.org/o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host:99999/o/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host.org/o/../r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host.org/o/%2e%2e/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host.org/o/r//../x#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host.org/o/r//a%2fb#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host.org/o/r%00#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+https://host.org/o/r%zz#main', 'PLUGIN_SOURCE_INVALID'],
    ['git+file://host/srv/r#main', 'PLUGIN_SOURCE_INVALID'],
    ['github://owner#main', 'PLUGIN_SOURCE_INVALID'],
    ['github://owner/repo', 'PLUGIN_UNPINNED'],
    ['github://me:secret@owner/repo#main', 'PLUGIN_SOURCE_CREDENTIALS'],
    ['gitea://owner/repo/../../x#main', 'PLUGIN_SOURCE_INVALID'],
    ['gitea://owner/repo/%2e%2e/x#main', 'PLUGIN_SOURCE_INVALID'],
    ['github://owner/repo/a%2fb#main', 'PLUGIN_SOURCE_INVALID'],
    ['github://owner/.git#main', 'PLUGIN_SOURCE_INVALID'],
    ['github://owner/re:po#main', 'PLUGIN_SOURCE_INVALID'],
    ['github://-owner/repo#main', 'PLUGIN_SOURCE_INVALID'],
    ['github://owner/repo?ref=x#main', 'PLUGIN_SOURCE_INVALID'],
    ['github://owner/repo#-x', 'PLUGIN_SOURCE_INVALID'],
    ['https://host.org/x.tgz', 'PLUGIN_UNPINNED'],
    ['https://me:secret@host.org/x.tgz#sha256=00', 'PLUGIN_SOURCE_CREDENTIALS'],
    ['https://host.org/x.tgz?token=secret#sha256=00', 'PLUGIN_SOURCE_INVALID'],
    ['https://host.org/x.exe#sha256=00', 'PLUGIN_SOURCE_INVALID'],
    ['https://host.org/x.tgz#sha256=00', 'PLUGIN_SOURCE_INVALID'],
    [`https://host.org/x.tgz#sha512=${'0'.repeat(128)}`, 'PLUGIN_SOURCE_INVALID'],
    [`https://host.org/x.tgz#md5=${'0'.repeat(32)}`, 'PLUGIN_SOURCE_INVALID'],
    ['../registry/x', 'PLUGIN_SOURCE_INVALID'],
    ['/etc', 'PLUGIN_SOURCE_INVALID'],
    ['', 'PLUGIN_SOURCE_INVALID'],
    ['local://', 'PLUGIN_SOURCE_INVALID'],
    ['local://../x', 'PLUGIN_NAME_INVALID'],
    ['..', 'PLUGIN_NAME_INVALID'],
    ['Seo', 'PLUGIN_NAME_INVALID'],
  ])('refuses %j with %s', (text, code) => {
    expect(codeOf(() => parseSource(text))).toBe(code);
  });

  it.each([
    '-upload-pack=x',
    '--help',
    'a..b',
    'a b',
    'a\nb',
    'a\u0000b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    '@',
    'a@{1}',
    '/a',
    'a/',
    'a//b',
    'a.',
    'a.lock',
    'x/.y',
    'x/-y',
    'é\u202e',
  ])('refuses the reference %j', (ref) => {
    expect(codeOf(() => parseSource(`git+https://host.org/o/r#${ref}`))).toBe('PLUGIN_SOURCE_INVALID');
  });

  it('does not repeat a secret in the error about it', () => {
    for (const text of [
      'git+https://u:hush@h/o/r#x',
      'git+https://h/o/r?t=hush#x',
      'git+https://u:hu/hush@h/o/r#x',
      'git+https://h/o/r#hush hush',
      'git+ssh://git:hush@h/o/r#x',
      'github://hush@o/r#x',
      'github://u:hu/hush@o/r#x',
      'gitea://o/r?token=hush#x',
    ]) {
      try {
        parseSource(text);
        expect.unreachable();
      } catch (error) {
        const { message, hint, details } = error as KeepwellError;
        expect(JSON.stringify([message, hint, details])).not.toContain('hush');
      }
    }
  });
});

describe('whatever a source says', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2E.',
      '%2f',
      '%5c',
      '\\',
      '/',
      '//',
      '%00',
      '%zz',
      '%25',
      '@',
      ':',
      '~',
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc
    .tuple(
      fc.constantFrom(
        'local://',
        '',
        'git+https://h/o/r',
        'git+https://h/o/r//',
        'git+ssh://h/',
        'git+file:///',
        'github://o/r/',
        'github://',
        'gitea://o/',
        'https://h/',
      ),
      fc.array(piece, { maxLength: 6 }),
      fc.constantFrom('#main', '', `.tgz#sha256=${'0'.repeat(64)}`),
    )
    .map(([start, pieces, end]) => `${start}${pieces.join('')}${end}`);

  it('its folder never leads out of where it is', () => {
    fc.assert(
      fc.property(text, (any) => {
        fc.pre(codeOf(() => parseSource(any)) === 'none');
        const source = parseSource(any) as { repository?: string; subpath?: string };
        for (const path of [source.repository, source.subpath]) {
          for (const part of path ? path.split('/') : []) {
            expect(part).not.toMatch(/^\.{0,2}$|[\\\p{C}]/u);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('it suggests the name of one folder, or says with a code that it suggests none', () => {
    fc.assert(
      fc.property(text, (any) => {
        fc.pre(codeOf(() => parseSource(any)) === 'none');
        const code = codeOf(() => nameOfSource(parseSource(any)));
        expect(['none', 'PLUGIN_NAME_INVALID']).toContain(code);
        if (code === 'none') {
          expect(nameOfSource(parseSource(any))).toMatch(/^[a-z0-9][a-z0-9._-]{0,127}$/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the name that a source suggests', () => {
  it.each([
    ['local://seo-all', 'seo-all'],
    ['git+https://host.org/owner/repo#v1', 'repo'],
    ['git+https://host.org/owner/repo.git#v1', 'repo'],
    ['git+https://host.org/owner/repo.git//plugins/one#v1', 'one'],
    ['git+ssh://git@host.org/owner/repo.git#v1', 'repo'],
    ['github://owner/repo#v1', 'repo'],
    ['github://owner/repo/plugins/one#v1', 'one'],
  ])('of %s is %s', (text, name) => {
    expect(nameOfSource(parseSource(text))).toBe(name);
  });

  it.each([
    'git+https://host.org/owner/Repo#v1',
    'git+https://host.org/owner/.git#v1',
    'git+https://h/o/my%20repo#v1',
  ])('cannot be had from %s', (text) => {
    expect(codeOf(() => nameOfSource(parseSource(text)))).toBe('PLUGIN_NAME_INVALID');
  });
});
