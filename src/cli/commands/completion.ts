import { Argument, type Command } from 'commander';
import { completionScript } from '../completion-script.ts';

export const completionCommand = (program: Command): Command =>
  program
    .command('completion')
    .summary('print what completes commands and options in bash: eval "$(keepwell completion bash)"')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash']))
    .action(() => {
      process.stdout.write(completionScript(program));
    });
