import { describe, expect, it } from 'vitest';
import { createGuessLimit } from '../../src/http/guess-limit.ts';

const open = () => {
  const clock = { now: 0 };
  const began: unknown[] = [];
  return {
    clock,
    began,
    guesses: createGuessLimit(
      () => clock.now,
      (...told) => began.push(told),
    ),
  };
};

describe('wrong tokens', () => {
  it('are counted for each address alone, and forgotten a minute after the first', () => {
    const { clock, guesses, began } = open();
    for (let count = 0; count < 10; count += 1) {
      expect(guesses.waitSeconds('a')).toBe(0);
      guesses.wrong('a');
      clock.now += 1_000;
    }
    expect([guesses.waitSeconds('a'), guesses.waitSeconds('b')]).toEqual([50, 0]);
    expect(began).toEqual([['a', { forMs: 51_000, tries: 10 }]]);
    clock.now = 59_999;
    expect(guesses.waitSeconds('a')).toBe(1);
    clock.now = 60_000;
    expect(guesses.waitSeconds('a')).toBe(0);
    guesses.wrong('a');
    expect(guesses.waitSeconds('a')).toBe(0);
  });

  it('from however many addresses take no more room', () => {
    const { guesses } = open();
    for (let address = 0; address < 5_000; address += 1) guesses.wrong(String(address));
    expect(guesses.size()).toBe(1_000);
    for (let count = 0; count < 9; count += 1) guesses.wrong('4999');
    expect(guesses.waitSeconds('4999')).toBe(60);
  });
});
