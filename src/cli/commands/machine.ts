import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { action, type Session } from '../session.ts';
import { machinePathsCommand } from './machine-paths.ts';

type Machine = { name: string; description: string | null; states: number; transitions: number };

const FORMATS = ['json', 'mermaid', 'scxml', 'svg', 'dot'];

export const machineCommand = (program: Command): Command => {
  const machine = program
    .command('machine')
    .summary('list the state machines, print one, or make tests of its paths')
    .usage('[options] [name]\n       keepwell machine paths [options] <machine>');
  // As the default command, so that `paths` may have formats of its own.
  machine
    .command('show', { isDefault: true })
    .summary('list the state machines, or print one')
    .argument('[name]', 'as `keepwell machine` lists it')
    .addOption(new Option('--format <format>', 'what to print it as').choices(FORMATS).default('json'))
    .option('-o, --output <file>', 'write it to a file')
    .action(
      action(async (session, { args: [name], options }) =>
        name === undefined
          ? list(session)
          : print(session, name, options as { format: string; output?: string }),
      ),
    );
  machinePathsCommand(machine);
  return machine;
};

const list = async ({ client, out }: Session): Promise<void> => {
  const listed = await client.get<{ items: Machine[] }>('/machines');
  out.document(listed);
  out.table(
    [
      { title: 'NAME' },
      { title: 'STATES', align: 'right' },
      { title: 'TRANSITIONS', align: 'right' },
      { title: 'DESCRIPTION', flexible: true },
    ],
    listed.items.map(({ name, states, transitions, description }) => [
      name,
      String(states),
      String(transitions),
      description ?? '',
    ]),
  );
};

/** A format is what it is: `--json` changes nothing about it. */
const print = async (
  { client, out }: Session,
  name: string,
  { format, output }: { format: string; output?: string },
): Promise<void> => {
  const response = await client.open(`/machines/${encodeURIComponent(name)}`, {
    query: { format },
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (output === undefined) return out.raw(text);
  try {
    writeFileSync(output, text);
  } catch (error) {
    throw new CliError(`${output} cannot be written: ${(error as Error).message}`, {
      code: 'FILE_UNWRITABLE',
      hint: 'Choose another file.',
    });
  }
  out.notice(`${name} is in ${output}`);
};
