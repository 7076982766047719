import type { EventEmitter } from 'node:events';
import type { Command } from 'commander';
import { EXIT_HELP } from './exit-codes.ts';

/** The whole command line as a page for `man`, made of what `--help` is made of. */
export const manPage = (program: Command, version: string): string => {
  const help = program.createHelp();
  const groups = Map.groupBy(
    help.visibleCommands(program).filter((command) => command.name() !== 'help'),
    (command) => command.helpGroup(),
  );
  const lines = [
    `.TH ${program.name().toUpperCase()} 1 "" "${program.name()} ${version}" "User Commands"`,
    '.ad l',
    '.nh',
    '.SH NAME',
    `${program.name()} \\- ${text(program.description())}`,
    '.SH SYNOPSIS',
    `.B ${program.name()}`,
    text('[options] <command> [arguments]'),
    '.SH GLOBAL OPTIONS',
    'Every command takes these.',
    ...optionsOf(program),
    ...[...groups].flatMap(([heading, commands]) => [
      `.SH ${macro(heading.replace(/:$/, '').toUpperCase())}`,
      ...commands.flatMap((command) => describe(command, program.name())),
    ]),
    '.SH EXIT STATUS',
    ...verbatim(EXIT_HELP.split('\n').slice(1).join('\n')),
  ];
  return `${lines.join('\n')}\n`;
};

const describe = (command: Command, above: string): string[] => {
  const help = command.createHelp();
  const path = `${above} ${command.name()}`;
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  const words = [path, command.usage()].filter((word) => word !== '').join(' ');
  const about = command.description() || command.summary();
  return [
    `.SS ${macro(words)}`,
    ...(about === '' ? [] : [`${text(capital(about))}.`]),
    ...help.visibleArguments(command).flatMap((argument) => item(argument.name(), argument.description)),
    ...optionsOf(command),
    ...verbatim(afterHelp(command)),
    ...children.flatMap((child) => describe(child, path)),
  ];
};

const optionsOf = (command: Command): string[] => {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .flatMap((option) => item(help.optionTerm(option), help.optionDescription(option)));
};

const item = (term: string, does: string): string[] => ['.TP', `.B ${macro(term)}`, text(does) || '\\&'];

/** What `addHelpText` gave a command; commander keeps it nowhere but in a listener. */
const afterHelp = (command: Command): string => {
  let said = '';
  (command as unknown as EventEmitter).emit('afterHelp', {
    error: false,
    command,
    write: (part: string) => (said += part),
  });
  return said.trim();
};

const verbatim = (block: string): string[] =>
  block === '' ? [] : ['.PP', '.nf', ...block.split('\n').map(text), '.fi'];

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

const ESCAPES: Record<string, string> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** A line of text: nothing in it is a request, and every character is the one that it was. */
const text = (line: string): string =>
  line
    .replaceAll(/[\\'`^~-]/g, (character) => ESCAPES[character] ?? character)
    .replaceAll(/[^\n -~]/gu, (character) => {
      const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
      return `\\[u${code}]`;
    })
    .replace(/^\./, '\\&.');

/** The same as the one argument of a macro. */
const macro = (words: string): string => `"${text(words).replaceAll('"', '\\(dq')}"`;
