import type { Command } from 'commander';

/** What `eval` in bash needs to complete the names of the program's commands and options; files elsewhere. */
export const completionScript = (program: Command): string => {
  const all = everyCommand(program, program.name());
  const paths = all.slice(1).map(({ path }) => `'${path}'`);
  const cases = all.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`);
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

type Completed = { path: string; words: string[] };

const everyCommand = (command: Command, path: string, inherited: string[] = []): Completed[] => {
  const help = command.createHelp();
  const own = help.visibleOptions(command).flatMap(({ short, long }) => [short, long]);
  const options = [...new Set([...own, ...inherited])].filter((word) => word !== undefined);
  const children = help.visibleCommands(command);
  return [
    { path, words: [...children.map((child) => child.name()), ...options] },
    ...children.flatMap((child) => everyCommand(child, `${path} ${child.name()}`, options)),
  ];
};
