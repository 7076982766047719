import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { AnyStateMachine } from 'xstate';
import { BUILT_IN } from '../../testing/paths/built-in.ts';
import type { WorldOptions } from '../../testing/paths/types.ts';
import type { MachineImport } from '../../testing/paths/writers/write-vitest.ts';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { loadModule } from './load-module.ts';

export type LoadedMachine = {
  machine: AnyStateMachine;
  world: WorldOptions;
  /** How a file in a folder imports the machine. */
  importFrom(folder: string): MachineImport;
};

/**
 * One of Keepwell's machines by name, or a user's by file.
 *
 * What may happen to a user's machine is told by `--cases`, or by `my.cases.ts` beside `my.machine.ts`.
 *
 * @param options.export Which export is meant, where a file has more than one machine.
 * @throws {CliError} `MACHINE_NOT_FOUND`, `FILE_UNREADABLE`, `MODULE_BROKEN`, `MACHINE_MISSING`, `MACHINE_AMBIGUOUS`,
 * `CASES_INVALID`
 */
export const loadMachine = async (
  given: string,
  options: { export?: string; cases?: string },
): Promise<LoadedMachine> => {
  const builtIn = BUILT_IN[given];
  if (builtIn !== undefined) {
    const { machine, from, name } = builtIn;
    const world = options.cases === undefined ? builtIn.world : await loadWorld(options.cases);
    return { machine, world, importFrom: () => ({ from, name }) };
  }
  if (!/[./\\]/.test(given)) {
    throw new CliError(`There is no machine called "${given}".`, {
      code: 'MACHINE_NOT_FOUND',
      exitCode: EXIT.notFound,
      hint: `Give ${Object.keys(BUILT_IN).join(', ')}, or a file like ./my.machine.ts.`,
    });
  }
  const [name, machine] = chooseMachine(await loadModule(given), given, options.export);
  const beside = given.replace(/(\.machine)?(\.[cm]?[jt]s)$/, '.cases$2');
  const cases = options.cases ?? (beside !== given && existsSync(beside) ? beside : undefined);
  return {
    machine,
    world: cases === undefined ? {} : await loadWorld(cases),
    importFrom: (folder) => ({ from: moduleFrom(folder, given), name }),
  };
};

const chooseMachine = (
  exported: Record<string, unknown>,
  file: string,
  wanted: string | undefined,
): [name: string, machine: AnyStateMachine] => {
  const machines = Object.entries(exported).filter(
    (one): one is [string, AnyStateMachine] =>
      isMachine(one[1]) && (wanted === undefined || one[0] === wanted),
  );
  // The same machine may be exported by name and by default.
  const [first, ...others] = machines.toSorted(
    ([a], [b]) => Number(a === 'default') - Number(b === 'default'),
  );
  if (first === undefined) {
    throw new CliError(
      `${file} exports no state machine${wanted === undefined ? '' : ` called "${wanted}"`}.`,
      {
        code: 'MACHINE_MISSING',
        hint: `It needs \`export const … = createMachine(…)\` of XState 5; it exports ${Object.keys(exported).join(', ') || 'nothing'}.`,
      },
    );
  }
  const different = others.filter(([, machine]) => machine !== first[1]);
  if (different.length > 0) {
    const names = [first, ...different].map(([name]) => name);
    throw new CliError(`${file} exports ${names.length} state machines: ${names.join(', ')}.`, {
      code: 'MACHINE_AMBIGUOUS',
      hint: `Say which one with --export, as in \`--export ${names[0]}\`.`,
    });
  }
  return first;
};

/** Not by its class: the user's XState may be another copy. */
const isMachine = (value: unknown): value is AnyStateMachine =>
  typeof value === 'object' &&
  value !== null &&
  ['root', 'config', 'implementations'].every((field) => field in value) &&
  'getInitialSnapshot' in value &&
  typeof value.getInitialSnapshot === 'function';

const WORLD_FIELDS = ['starts', 'cases', 'outcomes', 'key'] as const;

const loadWorld = async (file: string): Promise<WorldOptions> => {
  const exported = await loadModule(file);
  const told = Object.fromEntries(
    WORLD_FIELDS.filter((field) => exported[field] !== undefined).map((field) => [field, exported[field]]),
  );
  const wrong = whatIsWrong(told);
  if (wrong !== null) {
    throw new CliError(`${file} ${wrong}.`, {
      code: 'CASES_INVALID',
      hint: 'It may export `cases`, `outcomes`, `key` and `starts`; src/testing/README.md shows how.',
    });
  }
  return told;
};

const whatIsWrong = ({ starts, cases, outcomes, key }: Record<string, unknown>): string | null => {
  const isTable = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const isStart = (value: unknown) =>
    isTable(value) && 'title' in (value as object) && 'input' in (value as object);
  if ([starts, cases, outcomes, key].every((each) => each === undefined)) return 'exports nothing of use';
  if (starts !== undefined && !(Array.isArray(starts) && starts.length > 0 && starts.every(isStart))) {
    return 'exports `starts` that are not a list of { title, input }';
  }
  if (cases !== undefined && typeof cases !== 'function' && !isTable(cases)) {
    return 'exports `cases` that are neither a table by event type nor a function';
  }
  if (outcomes !== undefined && typeof outcomes !== 'function' && !isTable(outcomes)) {
    return 'exports `outcomes` that are neither a table by actor nor a function';
  }
  return key !== undefined && typeof key !== 'function' ? 'exports a `key` that is no function' : null;
};

const moduleFrom = (folder: string, file: string): string => {
  const path = relative(resolve(folder), resolve(file)).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
};
