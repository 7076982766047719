import type { Path, Paths } from '../types.ts';
import { key, literal, quoted } from './literal.ts';

export type MachineImport = {
  /** The module, as the test file imports it. */
  from: string;
  /** The export's name; `default` for that one. */
  name: string;
};

/**
 * Writes paths as a test for vitest that needs nothing but `keepwell/testing` and the machine.
 *
 * The system under test is what `createSystem` of a `system.ts` beside the file gives, and the machine itself while
 * there is none. Equal paths give equal text.
 */
export const writeVitest = (paths: Paths, machine: MachineImport): string => {
  const { names, table } = tabulate(paths.paths);
  const starts = startsOf(paths);
  const name = machine.name === 'default' ? 'machine' : machine.name;
  const imported = machine.name === 'default' ? name : `{ ${name} }`;
  const head = [
    '// Written by `keepwell machine paths`: what is changed here is lost when it is written again.',
    "import { existsSync } from 'node:fs';",
    "import { createFollow, machineSystem, type System, type WrittenCases } from 'keepwell/testing';",
    "import { describe, it } from 'vitest';",
    `import ${imported} from ${quoted(machine.from)};`,
  ];
  return `${head.join('\n')}

/** The system under test: \`createSystem\` of system.ts beside this file. The machine itself while there is none. */
const own = new URL('./system.ts', import.meta.url);
const { createSystem }: { createSystem: () => System } = existsSync(own)
  ? await import(own.href)
  : { createSystem: () => machineSystem(${name}) };

/** Where the paths begin: the machine's input. */
${[...starts].map(([input, title]) => `const ${title} = ${literal(input)};\n`).join('')}
/** What happens on the paths. */
const cases: WrittenCases = {
${table}};

const follow = createFollow(createSystem, cases);

describe(${quoted(`${paths.machine}, ${STRATEGY_WORDS[paths.strategy]}`)}, () => {
${paths.paths.map((path) => testOf(path, names, starts)).join('\n')}});
${paths.cut.map(({ text }) => `\n// ${text}.`).join('')}${paths.cut.length > 0 ? '\n' : ''}`;
};

const STRATEGY_WORDS: Record<Paths['strategy'], string> = {
  shortest: 'along a shortest path to every state',
  simple: 'along every path that meets no state twice',
  transitions: 'over every transition',
  pairs: 'over every two transitions in a row',
  proofs: 'over every case in every state, and what shows that it led there',
};

const testOf = (
  { title, start, from, steps }: Path,
  names: Map<Path['steps'][number], string>,
  starts: Map<unknown, string>,
): string => {
  const input = 'input' in start ? start.input : undefined;
  const lines = steps.map((step) => `      [${quoted(names.get(step) as string)}, ${quoted(step.to)}],\n`);
  return `  it(${quoted(title)}, () =>
    follow(${starts.get(input)}, ${quoted(from)}, [
${lines.join('')}    ]));
`;
};

/** The same title with another event gets a number. */
const tabulate = (paths: readonly Path[]) => {
  const written = new Map<string, { name: string; event: object }>();
  const names = new Map<Path['steps'][number], string>();
  for (const step of paths.flatMap(({ steps }) => steps)) {
    const one = { name: step.name, event: step.event };
    for (let count = 1; ; count++) {
      const name = count === 1 ? step.title : `${step.title} (${count})`;
      const known = written.get(name);
      if (known !== undefined && literal(known) !== literal(one)) continue;
      written.set(name, known ?? one);
      names.set(step, name);
      break;
    }
  }
  const table = [...written].map(([name, one]) => `  ${key(name)}: ${literal(one, '  ')},\n`).join('');
  return { names, table };
};

/** The inputs that paths begin with, and what they are called: `aWorkspaceOfOurs`. */
const startsOf = ({ paths, starts }: Paths): Map<unknown, string> => {
  const inputs = new Set(paths.map(({ start }) => ('input' in start ? start.input : undefined)));
  const used = starts.filter(({ input }) => inputs.has(input));
  return new Map(
    used.map(({ input, title }, index) => {
      const name = camelCase(title);
      const isFree = used.every((other) => other.input === input || camelCase(other.title) !== name);
      return [input, used.length === 1 ? 'start' : isFree ? name : `${name}${index + 1}`];
    }),
  );
};

/** Begins with a word of its own, so that it is no word of the language. */
const camelCase = (title: string): string => {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return ['from', ...words]
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
};
