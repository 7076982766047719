import type { Command } from 'commander';
import { commandTree, optionsWithin } from './command-tree.ts';

/** What `eval` in bash needs to complete the names of the program's commands and options; files elsewhere. */
export const bashCompletion = (program: Command): string => {
  const tree = commandTree(program);
  const paths = tree.slice(1).map(({ path }) => `'${path}'`);
  const cases = tree.map(({ path, words }) => {
    const options = optionsWithin(tree, path).flatMap(({ short, long }) => [short, long]);
    const all = [...words.map(({ word }) => word), ...options.filter((word) => word !== null)];
    return `    '${path}') words='${all.join(' ')}' ;;`;
  });
  return `_keepwell() {
  local path='${program.name()}' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${paths.join(' | ')}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _keepwell ${program.name()}
`;
};
