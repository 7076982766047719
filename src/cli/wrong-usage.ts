import type { CommanderError } from 'commander';
import { type CliError, usageError } from './cli-error.ts';
import { createProgram } from './program.ts';

/**
 * What commander says of a wrong command line, in our form: a sentence, and what may have been meant.
 *
 * @param given The words of the command line up to `--`.
 */
export const wrongUsage = ({ message }: CommanderError, given: readonly string[]): CliError => {
  const [problem = '', suggestion = ''] = message.replace(/^error: /, '').split('\n');
  const near = /\(Did you mean (.*)\?\)/.exec(suggestion)?.[1];
  const sentence = problem.charAt(0).toUpperCase() + problem.slice(1);
  return usageError(
    /[.!?]$/.test(sentence) ? sentence : `${sentence}.`,
    near ? `Did you mean ${near}?` : helpFor(given, sentence),
  );
};

const helpFor = (given: readonly string[], sentence: string): string => {
  let command = createProgram();
  const path = ['keepwell'];
  for (const word of given) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) continue;
    command = next;
    path.push(word);
  }
  const hint = `\`${path.join(' ')} --help\` shows how.`;
  const takesCommand =
    sentence.startsWith('Unknown option') && ['create', 'agent', 'conform'].includes(command.name());
  return takesCommand ? `${hint} Put -- before the agent's command.` : hint;
};
