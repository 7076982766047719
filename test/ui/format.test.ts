import { describe, expect, it } from 'vitest';
import {
  asWords,
  formatBytes,
  formatCountdown,
  formatMs,
  formatSpan,
  shortHash,
} from '../../src/ui/parts/format.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('how long something lasts', () => {
  it.each([
    [0, '0 s'],
    [-5_000, '0 s'],
    [89 * SECOND, '89 s'],
    [90 * SECOND, '1 min'],
    [59 * MINUTE, '59 min'],
    [HOUR, '1 h'],
    [2 * HOUR + 5 * MINUTE, '2 h 5 min'],
    [11 * HOUR + 59 * MINUTE, '11 h'],
    [48 * HOUR, '2 d'],
  ])('%d ms is %s', (ms, words) => {
    expect(formatSpan(ms)).toBe(words);
  });
});

describe('what is left until a moment', () => {
  it('counts the second that has begun, so that it ends at "now" and not before', () => {
    expect(formatCountdown(1)).toBe('1 s');
    expect(formatCountdown(0)).toBe('now');
    expect(formatCountdown(-1)).toBe('now');
  });

  it('tells minutes and seconds from two minutes on, and hours as a length', () => {
    expect(formatCountdown(119_001)).toBe('120 s');
    expect(formatCountdown(128 * SECOND)).toBe('2 min 8 s');
    expect(formatCountdown(3 * HOUR)).toBe('3 h');
  });
});

describe('figures', () => {
  it('have at most three digits before their unit', () => {
    expect([0, 999, 1_000, 4_096, 176_000_000].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '4.1 kB',
      '176 MB',
    ]);
  });

  it('have a tenth where a tenth tells something', () => {
    expect([0.12, 5.94, 60.4, 2_100].map(formatMs)).toEqual(['0.1 ms', '5.9 ms', '60 ms', '2.1 s']);
  });
});

describe('names of the machine', () => {
  it('are put as a person writes them', () => {
    expect(['awaiting_agent', 'awaitingAgent', 'ignore-sigterm', 'online'].map(asWords)).toEqual([
      'awaiting agent',
      'awaiting agent',
      'ignore sigterm',
      'online',
    ]);
  });

  it('and hashes are cut to what an eye compares', () => {
    expect(shortHash('sha256:0123456789abcdef')).toBe('0123456789');
  });
});
