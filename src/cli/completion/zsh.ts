import type { Command } from 'commander';
import { commandTree, optionsWithin, type Word } from './command-tree.ts';

/** For zsh: to be evaluated once `compinit` has run, or kept as `_keepwell` in a folder of `fpath`. */
export const zshCompletion = (program: Command): string => {
  const tree = commandTree(program);
  const paths = tree.slice(1).map(({ path }) => quote(path));
  const cases = tree.map(({ path, words }) => {
    const options = optionsWithin(tree, path).flatMap(({ short, long, does }) =>
      [short, long].flatMap((word) => (word === null ? [] : [{ word, does }])),
    );
    return `    ${quote(path)})
      names=(${words.map(described).join(' ')})
      options=(${options.map(described).join(' ')}) ;;`;
  });
  return `#compdef ${program.name()}
_keepwell() {
  local at='${program.name()}' i ret=1
  local -a names options
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      ${paths.join(' | ')}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  (( $#names )) && _describe -t commands command names && ret=0
  [[ $PREFIX == -* ]] && _describe -o -t options option options && ret=0
  (( ret )) && _files && ret=0
  return ret
}
if [[ $funcstack[1] == _keepwell ]]; then _keepwell "$@"; else compdef _keepwell ${program.name()}; fi
`;
};

const described = ({ word, does }: Word): string => quote(`${word.replaceAll(':', String.raw`\:`)}:${does}`);

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
