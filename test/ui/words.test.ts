import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/ui/live/backoff.ts';
import { deadlineWords } from '../../src/ui/parts/deadline-words.ts';
import { lookOf } from '../../src/ui/parts/status-look.ts';
import { wordsFor } from '../../src/ui/workspace/verb-words.ts';

describe('a deadline', () => {
  it('says whether it happens then or has until then', () => {
    expect(deadlineWords('restartAt')).toEqual({ what: 'restart', how: 'in' });
    expect(deadlineWords('provisionBy')).toEqual({ what: 'provision', how: 'within' });
    expect(deadlineWords('lease')).toEqual({ what: 'lease', how: 'ends in' });
  });
});

describe('a status', () => {
  it('that nobody has heard of looks neutral, and keeps its word', () => {
    expect(lookOf('deep_thought')).toMatchObject({ word: 'deep thought', tone: 'rest', icon: 'dot' });
    expect(lookOf('constructor')).toMatchObject({ word: 'constructor', tone: 'rest' });
  });
});

describe('a verb', () => {
  it('that nobody has heard of is asked about before it is done', () => {
    expect(wordsFor('defragment')).toMatchObject({ title: 'Defragment' });
    expect(wordsFor('defragment').confirm).not.toBeNull();
    expect(wordsFor('toString').confirm).not.toBeNull();
  });

  it('that takes something away for good says that it hurts', () => {
    expect(wordsFor('remove').hurts).toBe(true);
    expect(wordsFor('retry').confirm).toBeNull();
  });
});

describe('the wait before the next try to connect', () => {
  it('doubles up to a quarter of a minute', () => {
    expect([0, 1, 2, 20].map((failures) => backoffMs(failures, 1))).toEqual([500, 1_000, 2_000, 15_000]);
  });

  it('is spread, so that pages that lost the server together do not come back together', () => {
    expect(backoffMs(3, 0)).toBe(2_000);
    expect(backoffMs(3, 1)).toBe(4_000);
  });
});
