import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { coverage } from '../../testing/paths/coverage.ts';
import { generatePaths } from '../../testing/paths/generate-paths.ts';
import type { Limits, Paths, Strategy } from '../../testing/paths/types.ts';
import { writeJson } from '../../testing/paths/writers/write-json.ts';
import { writeMermaid } from '../../testing/paths/writers/write-mermaid.ts';
import { writeVitest } from '../../testing/paths/writers/write-vitest.ts';
import { CliError } from '../cli-error.ts';
import { type LoadedMachine, loadMachine } from '../machine-paths/load-machine.ts';
import type { Output } from '../output.ts';
import { action } from '../session.ts';

type Format = 'text' | 'vitest' | 'json' | 'mermaid';
type Options = {
  strategy: Strategy;
  to?: string[];
  through?: string[];
  format?: Format;
  out?: string;
  limit?: Limits;
  ignored?: boolean;
  cases?: string;
  export?: string;
};

const STRATEGIES: Strategy[] = ['shortest', 'simple', 'transitions', 'pairs', 'proofs'];
const EXTENSION: Record<Exclude<Format, 'text'>, string> = {
  vitest: 'test.ts',
  json: 'json',
  mermaid: 'mmd',
};

/** Paths through a machine, ours or the user's; no supervisor need run. */
export const machinePathsCommand = (machine: Command): Command =>
  machine
    .command('paths')
    .summary('generate paths through a state machine, as tests or as data')
    .argument('<machine>', 'workspace, reconcile, or a file like ./my.machine.ts')
    .addOption(new Option('--strategy <strategy>', 'which paths').choices(STRATEGIES).default('transitions'))
    .option('--to <state>', 'only paths that end in this state (repeatable)', collect)
    .option('--through <state>', 'only paths that pass through this state (repeatable, in order)', collect)
    .addOption(
      new Option('--format <format>', 'what to write (default: text, vitest with --out)').choices([
        'text',
        ...Object.keys(EXTENSION),
      ]),
    )
    .option('-o, --out <place>', 'a file, or a folder for <machine>.<strategy>.test.ts')
    .option('--limit <what=number>', 'states, paths or steps (repeatable)', addLimit)
    .option('--ignored', 'also events that a state must ignore')
    .option('--cases <file>', 'what may happen (default: my.cases.ts beside my.machine.ts)')
    .option('--export <name>', 'which machine of the file')
    .action(
      action(async ({ out }, { args: [given = ''], options }) => {
        const wanted = options as Options;
        const loaded = await loadMachine(given, wanted);
        const { to, through, strategy, ignored = false, limit = {} } = wanted;
        const paths = generatePaths(loaded.machine, {
          ...loaded.world,
          strategy,
          ignored,
          limits: limit,
          ...(to && { to }),
          ...(through && { through }),
        });
        show(paths, loaded, { ...wanted, format: wanted.format ?? formatOf(wanted, out) }, out);
      }),
    );

const collect = (value: string, before: string[] = []): string[] => [...before, value];

const addLimit = (value: string, before: Limits = {}): Limits => {
  const [, what, number] = /^(states|paths|steps)=([1-9]\d{0,8})$/.exec(value) ?? [];
  if (what === undefined) throw new InvalidArgumentError('Write it like paths=100, steps=12 or states=5000.');
  return { ...before, [what]: Number(number) };
};

const formatOf = ({ out: place }: Options, { json }: Output): Format => {
  if (place === undefined) return json ? 'json' : 'text';
  return ({ '.json': 'json', '.mmd': 'mermaid' } as const)[extname(place)] ?? 'vitest';
};

const show = (
  paths: Paths,
  loaded: LoadedMachine,
  options: Options & { format: Format },
  out: Output,
): void => {
  const { format, out: place } = options;
  if (place === undefined) {
    if (format === 'text') return overview(paths, loaded, out);
    out.raw(write(paths, loaded, format, '.'));
    for (const { text } of paths.cut) out.notice(text);
    return;
  }
  if (format === 'text') {
    throw new CliError('Text is for reading, not for a file.', {
      code: 'USAGE',
      exitCode: 2,
      hint: 'Choose --format vitest, json or mermaid.',
    });
  }
  const file =
    extname(place) === '' ? join(place, `${paths.machine}.${paths.strategy}.${EXTENSION[format]}`) : place;
  const text = write(paths, loaded, format, dirname(file));
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${(error as Error).message}`, {
      code: 'FILE_UNWRITABLE',
      hint: 'Choose another place.',
    });
  }
  out.document({ file, paths: paths.paths.length, cut: paths.cut });
  out.line(`${paths.paths.length} paths of ${paths.machine} are in ${file}`);
  for (const { text: cut } of paths.cut) out.notice(cut);
};

const write = (
  paths: Paths,
  { importFrom }: LoadedMachine,
  format: Exclude<Format, 'text'>,
  folder: string,
) =>
  ({
    vitest: () => writeVitest(paths, importFrom(folder)),
    json: () => writeJson(paths),
    mermaid: () => writeMermaid(paths),
  })[format]();

const overview = (paths: Paths, { machine }: LoadedMachine, out: Output): void => {
  const { states, transitions, pairs } = coverage(paths, machine);
  if (out.json) return out.raw(writeJson(paths));
  for (const { title } of paths.paths) out.line(title);
  out.line();
  out.table(
    [{ title: 'COVERED' }, { title: 'OF', align: 'right' }, { title: 'ALL', align: 'right' }],
    Object.entries({ states, transitions, pairs }).map(([what, { covered, all }]) => [
      what,
      String(covered.size),
      String(all.size),
    ]),
  );
  out.line();
  out.line(
    `${paths.paths.length} paths, found in ${paths.walked.states} states with ${paths.walked.cases} cases`,
  );
  for (const { text } of paths.cut) out.line(text);
};
