import type { Graph } from './explore.ts';
import type { Untitled } from './realise.ts';
import type { Path } from './types.ts';

/** Titles paths with sentences; two that read the same are numbered. */
export const titlePaths = (
  paths: readonly Untitled[],
  { words, starts }: { words: (leaf: string) => string; starts: Graph['starts'] },
): Path[] => {
  const startTitles = new Map(starts.map(({ start }) => [start.input, start.title]));
  const used = new Map<string, number>();
  return paths.map((path) => {
    const sentence = sentenceOf(path, words);
    const input = 'input' in path.start ? path.start.input : undefined;
    const whole = starts.length > 1 ? `${startTitles.get(input)}: ${sentence}` : sentence;
    const count = (used.get(whole) ?? 0) + 1;
    used.set(whole, count);
    return { title: count === 1 ? whole : `${whole} (${count})`, ...path };
  });
};

/** A path as a sentence. */
export const sentenceOf = (
  { from, steps, to }: Pick<Path, 'from' | 'steps' | 'to'>,
  words: (leaf: string) => string,
): string => {
  const last = steps.at(-1);
  const end = last === undefined || last.from === to ? 'stays in' : 'reaches';
  return `from ${words(from)}, ${steps.map(({ title }) => title).join(', then ')}, ${end} ${words(to)}`;
};
