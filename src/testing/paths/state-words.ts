import type { AnyStateMachine } from 'xstate';
import { everyNode } from '../../../machines/describe/describe-machine.ts';

/** Gives leaf states, as `leafOf` names them, the shortest names that tell them apart; parallel ones with "and". */
export const createStateWords = (machine: AnyStateMachine): ((leaf: string) => string) => {
  const leaves = [...everyNode(machine.root)].filter(({ type }) => type === 'atomic' || type === 'final');
  const paths = leaves.map(({ path }) => path.map(String));
  const shortest = (path: string[]): string => {
    for (let length = 1; length < path.length; length++) {
      const end = path.slice(-length).join('.');
      const same = paths.filter((other) => other.slice(-length).join('.') === end);
      if (same.length === 1) return end;
    }
    return path.join('.');
  };
  const words = new Map(paths.map((path) => [path.join('.'), shortest(path)]));
  // Within a parallel state that is not the root, only the first region is written with its whole path.
  const wordsOf = (part: string): string =>
    words.get(part) ?? [...words].find(([path]) => path.endsWith(`.${part}`))?.[1] ?? part;
  return (leaf) => leaf.split(',').map(wordsOf).join(' and ');
};
