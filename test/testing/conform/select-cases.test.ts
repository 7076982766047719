import { describe, expect, it } from 'vitest';
import { selectCases } from '../../../src/testing/conform/select-cases.ts';

const CASES = ['beats/first', 'beats/second.third', 'register/first'].map((id) => ({ id }));
const chosen = (only: string[], skip: string[] = []) =>
  selectCases(CASES, { only, skip }).chosen.map(({ id }) => id);

describe('a choice of cases', () => {
  it('is all of them when none is named', () => {
    expect(chosen([])).toEqual(['beats/first', 'beats/second.third', 'register/first']);
  });

  it.each([
    ['beats/first', ['beats/first']],
    ['beats', ['beats/first', 'beats/second.third']],
    ['beats/', ['beats/first', 'beats/second.third']],
    ['*first', ['beats/first', 'register/first']],
    ['beats/s*', ['beats/second.third']],
    ['register/first, beats/first', ['beats/first', 'register/first']],
  ])('takes "%s" as an id, a topic, or a pattern', (pattern, ids) => {
    expect(chosen([pattern])).toEqual(ids);
  });

  it('leaves out what is skipped, even if it is named too', () => {
    expect(chosen(['beats'], ['beats/first'])).toEqual(['beats/second.third']);
  });

  it('takes a dot as a dot and the beginning of an id for nothing', () => {
    expect(selectCases(CASES, { only: ['beats/secondxthird', 'beats/fir'], skip: [] })).toEqual({
      chosen: [],
      unmatched: ['beats/secondxthird', 'beats/fir'],
    });
  });

  it('names the patterns that match nothing', () => {
    const { unmatched } = selectCases(CASES, { only: ['beats', 'bets'], skip: ['nothing/*'] });
    expect(unmatched).toEqual(['bets', 'nothing/*']);
  });
});
