import type { Command } from 'commander';
import { commandTree } from './command-tree.ts';

/** For fish: to be sourced, or kept as `keepwell.fish` in its folder of completions. */
export const fishCompletion = (program: Command): string => {
  const name = program.name();
  const tree = commandTree(program);
  const paths = tree.slice(1).map(({ path }) => quote(path));
  const lines = tree.flatMap(({ path, words, options }) => [
    ...words.map(
      ({ word, does }) => `complete -c ${name} -f -n ${at(path)} -a ${quote(word)} -d ${quote(does)}`,
    ),
    ...options.map(({ short, long, does, takesValue }) => {
      const names = `${short === null ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
      return `complete -c ${name} -n ${within(path)} ${names}${takesValue ? ' -r' : ''} -d ${quote(does)}`;
    }),
  ]);
  return `function __keepwell_path
  set -l at ${name}
  set -l words (commandline -opc)
  for word in $words[2..]
    switch "$at $word"
      case ${paths.join(' ')}
        set at "$at $word"
    end
  end
  echo $at
end
function __keepwell_at
  test (__keepwell_path) = "$argv"
end
function __keepwell_within
  string match -q -- "$argv *" (__keepwell_path)" "
end
${lines.join('\n')}
`;
};

const at = (path: string): string => quote(`__keepwell_at ${path}`);
const within = (path: string): string => quote(`__keepwell_within ${path}`);

const quote = (text: string): string =>
  `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
