import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { createProgram } from './program.ts';
import { report } from './session.ts';
import { wrongUsage } from './wrong-usage.ts';

/** `| head` closes the pipe when it has seen enough; that is no error. */
const quietWhenNobodyReads = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
};
process.stdout.on('error', quietWhenNobodyReads);
process.stderr.on('error', quietWhenNobodyReads);

const words = process.argv.slice(2);
const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;

try {
  await createProgram().parseAsync();
} catch (error) {
  const isHelp = error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help');
  if (isHelp) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else {
    const { stdout, stderr } = process;
    const told = error instanceof CommanderError ? wrongUsage(error, own) : error;
    process.exitCode = report(told, createOutput({ json: own.includes('--json'), stdout, stderr }));
  }
}
