import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/doctor/bundle/redactor.ts';

const { text, value } = createRedactor(['s3cr.t+(value)', 'a', 'long one that holds s3cr.t+(value)']);

describe('what is taken out of texts', () => {
  it('is what is known to be secret, wherever and however it is written', () => {
    expect(text('x s3cr.t+(value) y s3crXt+(value)')).toBe('x ‹redacted› y s3crXt+(value)');
    expect(text(encodeURIComponent('s3cr.t+(value)'))).toBe('‹redacted›');
    expect(text(Buffer.from('s3cr.t+(value)').toString('base64'))).not.toContain('czNj');
    expect(text('long one that holds s3cr.t+(value)')).toBe('‹redacted›');
    expect(value({ 's3cr.t+(value)': [{ a: 's3cr.t+(value)', n: 1, z: null }] })).toEqual({
      '‹redacted›': [{ a: '‹redacted›', n: 1, z: null }],
    });
  });

  it.each([
    ['kwa_abcdefgh12345', '‹redacted›'],
    ['Authorization: Bearer abc.def.ghi123', 'Authorization: ‹redacted›'],
    ['https://me:pw@host/x', 'https://‹redacted›host/x'],
    ['git+https://tok@host/x', 'git+https://‹redacted›host/x'],
    ['https://host/x?sig=1&y=2', 'https://host/x?‹redacted›'],
    ['https://hooks.slack.com/services/T0/B0/x', 'https://hooks.slack.com/‹redacted›'],
    ['DB_PASSWORD=hunter2 next', 'DB_PASSWORD=‹redacted› next'],
    ['{"api_key": "a b c", "n": 1}', '{"api_key": ‹redacted›, "n": 1}'],
    ['a -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- b', 'a ‹redacted› b'],
  ])('is what looks like a secret: %s', (given, left) => {
    expect(
      text(given).replaceAll(/(‹redacted›\s*)+/g, (all) =>
        all.endsWith(' ') ? '‹redacted› ' : '‹redacted›',
      ),
    ).toBe(left);
  });

  it('is nothing else', () => {
    const plain = 'a plugin was installed at 12:00 from https://host/path; 3 tokens are left, tokenizer ok';
    expect(text(plain)).toBe(plain);
  });
});
