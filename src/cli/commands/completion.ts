import { Argument, type Command } from 'commander';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';

const SHELLS: Record<string, (program: Command) => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const completionCommand = (program: Command): Command =>
  program
    .command('completion')
    .summary('print what completes commands and options: eval "$(keepwell completion bash)"')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
  bash  eval "$(keepwell completion bash)"
  zsh   eval "$(keepwell completion zsh)", after compinit
  fish  keepwell completion fish | source`,
    )
    .action((shell: string) => {
      process.stdout.write(SHELLS[shell]?.(program) ?? '');
    });
