/** Which cases are wanted: patterns as people write them, `beats/*` or whole ids, several divided by commas. */
export type Selection = { only: readonly string[]; skip: readonly string[] };

/**
 * Picks cases by their ids. Without `only` all are wanted; `skip` wins.
 *
 * @returns the cases in their order, and the patterns that no id matches: those are mistakes
 */
export const selectCases = <Some extends { id: string }>(
  cases: readonly Some[],
  { only, skip }: Selection,
): { chosen: Some[]; unmatched: string[] } => {
  const [wanted, unwanted] = [only.flatMap(split), skip.flatMap(split)];
  const matches = (id: string, patterns: readonly string[]) =>
    patterns.some((each) => asRegExp(each).test(id));
  return {
    chosen: cases.filter(({ id }) => (wanted.length === 0 || matches(id, wanted)) && !matches(id, unwanted)),
    unmatched: [...wanted, ...unwanted].filter((pattern) => !cases.some(({ id }) => matches(id, [pattern]))),
  };
};

const split = (patterns: string): string[] =>
  patterns
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** A star stands for anything; a topic alone, with or without its slash, for all of its cases. */
const asRegExp = (pattern: string): RegExp => {
  const escaped = pattern.replace(/\/$/, '').replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*')}(/.*)?$`);
};
