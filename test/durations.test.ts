import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../src/durations.ts';

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['12m', 720_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['1.1s', 1_100],
    ['500ms', 500],
    ['2 minutes', 120_000],
    ['0', 0],
    ['1500', 1_500],
    [0, 0],
    [250, 250],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ])('reads %j as %i milliseconds', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '-1s',
    '-5',
    '+5s',
    'soon',
    '5 parsecs',
    's',
    '1e3',
    '0x10',
    '1s2m',
    'NaN',
    'Infinity',
    '25d',
    '1y',
    '0.0004ms',
    '9'.repeat(60),
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 31,
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'BAD_DURATION' }));
  });

  it('may be longer than a timer takes where nobody waits for it', () => {
    const month = 30 * 86_400_000;
    expect(parseDuration('30d', month)).toBe(month);
    expect(() => parseDuration('30d')).toThrow(expect.objectContaining({ code: 'BAD_DURATION' }));
    expect(() => parseDuration('31d', month)).toThrow(
      expect.objectContaining({ code: 'BAD_DURATION', hint: expect.stringContaining('at most 30 days') }),
    );
  });

  it.each([
    [0, '0s'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [90_000, '90s'],
    [720_000, '12m'],
    [7_200_000, '2h'],
  ])('writes %i milliseconds as %s', (lengthMs, expected) => {
    expect(formatDuration(lengthMs)).toBe(expected);
  });

  it('reads back what it has written', () => {
    assert(
      property(integer({ min: 0, max: 2 ** 31 - 1 }), (lengthMs) => {
        expect(parseDuration(formatDuration(lengthMs))).toBe(lengthMs);
      }),
    );
  });
});
