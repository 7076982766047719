import { count } from './humanise.ts';

/** How many plugins a view has, in words. */
export const pluginWords = ({ declared, installed }: { declared: number; installed: number }): string => {
  if (declared === 0) return installed === 0 ? 'no plugins' : count(installed, 'undeclared plugin');
  return installed === declared
    ? `${count(declared, 'plugin')} installed`
    : `${installed} of ${count(declared, 'plugin')} installed`;
};
