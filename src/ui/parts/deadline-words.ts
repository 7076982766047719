import { asWords } from './format.ts';

/**
 * A deadline's name as the beginning of a sentence that its moment ends.
 *
 * Names end in what kind they are: `restartAt` is when it happens, `provisionBy` is how long something has.
 */
export const deadlineWords = (name: string): { what: string; how: 'in' | 'within' | 'ends in' } => {
  const [, stem = name, kind] = /^(.*?)(At|By)$/.exec(name) ?? [];
  if (kind === 'At') return { what: asWords(stem), how: 'in' };
  if (kind === 'By') return { what: asWords(stem), how: 'within' };
  return { what: asWords(name), how: 'ends in' };
};
