import type { Result } from './case.ts';

const MARKS = { passed: '✓', failed: '✗', skipped: '–' } as const;

/** A result as people read it: one line, and for what did not pass what was expected and what was seen. */
export const resultLines = ({ id, title, outcome, expected, seen }: Result): string[] => {
  const head = `${MARKS[outcome]} ${id}  ${title}`;
  if (outcome === 'passed') return [head];
  if (outcome === 'skipped') return [head, `    not run: ${seen}`];
  return [head, `    expected: ${expected}`, `    seen:     ${seen}`];
};

/** How many cases passed, failed and were skipped. */
export const countResults = (results: readonly Result[]) => {
  const count = (outcome: Result['outcome']) => results.filter((each) => each.outcome === outcome).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
};

/** The last line of a report. */
export const summaryLine = (results: readonly Result[], ms: number): string => {
  const { passed, failed, skipped } = countResults(results);
  return `${passed} passed, ${failed} failed, ${skipped} not run, in ${(ms / 1000).toFixed(1)} s`;
};
