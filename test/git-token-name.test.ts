import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gitTokenName } from '../src/git-token-name.ts';

describe('the name under which the token for a host is looked for', () => {
  it.each([
    ['github.com', 'KEEPWELL_GIT_TOKEN__GITHUB_COM'],
    ['git.home.arpa:3000', 'KEEPWELL_GIT_TOKEN__GIT_HOME_ARPA_3000'],
    ['git-acme.com', 'KEEPWELL_GIT_TOKEN__GIT__ACME_COM'],
    ['[::1]:80', 'KEEPWELL_GIT_TOKEN___5B3A3A315D3A3830'],
  ])('of %s is %s', (host, name) => {
    expect(gitTokenName(host)).toBe(name);
  });

  it('is never shared by two hosts, and can be a variable', () => {
    const part = fc.stringMatching(/^[a-z0-9_-]{1,4}$/);
    const host = fc
      .tuple(fc.array(part, { minLength: 1, maxLength: 3 }), fc.option(fc.constantFrom('80', '3000')))
      .map(([parts, port]) => `${parts.join('.')}${port === null ? '' : `:${port}`}`);
    fc.assert(
      fc.property(host, host, (one, other) => {
        expect(gitTokenName(one)).toMatch(/^[A-Z][A-Z0-9_]*$/);
        if (one !== other) expect(gitTokenName(one)).not.toBe(gitTokenName(other));
      }),
      { numRuns: 3_000 },
    );
    const near = [
      'git.acme.com',
      'git-acme.com',
      'git-acme-com',
      'git.acme-com',
      'git_acme.com',
      'a.-b',
      'a-.b',
    ];
    expect(new Set(near.map(gitTokenName)).size).toBe(near.length);
  });
});
