import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import { offsetOf, type YamlPlace } from '../yaml-place.ts';
import { CliError, usageError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

/** One workspace as somebody wrote it down. */
export type WrittenWorkspace = {
  name: string;
  document: Record<string, unknown>;
  /** File and line of a field, dotted like `env.PORT`; of the workspace itself without one. */
  where: (field?: string) => string;
};

type Problem = { path: string; message: string };
type Found = { written: WrittenWorkspace[]; problems: Problem[] };

const HINT = 'A workspace is a YAML document with a `name`; several may stand in a list called `workspaces`.';

/**
 * Reads workspaces from a YAML or JSON file, from every `*.yaml`, `*.yml` and `*.json` of a folder in the order of
 * their names, or from `-`, the standard input. A file may hold several documents, a list, or a list under `workspaces`.
 *
 * @throws {CliError} exit code 2, with everything that is wrong at once: nothing there, not YAML, no name, the same
 * name twice
 */
export const readDocuments = (path: string): WrittenWorkspace[] => {
  const found = filesOf(path).map(({ file, text }) => workspacesIn(text, file));
  const written = found.flatMap((each) => each.written);
  const problems = [...found.flatMap((each) => each.problems), ...repeated(written)];
  if (problems.length > 0) throw wrong(path, problems);
  if (written.length === 0) throw usageError(`There is no workspace in ${path}.`, HINT);
  return written;
};

const repeated = (written: WrittenWorkspace[]): Problem[] =>
  written.flatMap(({ name, where }, index) => {
    const earlier = written.slice(0, index).find((each) => each.name === name);
    if (earlier === undefined) return [];
    return [{ path: where(), message: `describes ${name}, and so does ${earlier.where()}` }];
  });

const wrong = (path: string, problems: Problem[]): CliError => {
  const [first] = problems as [Problem];
  const message =
    problems.length === 1
      ? `${first.path} ${first.message}.`
      : `${problems.length} things are wrong in ${path}; nothing was sent.`;
  const details = problems.length === 1 ? undefined : problems;
  return new CliError(message, { code: 'USAGE', exitCode: EXIT.usage, hint: HINT, details });
};

const filesOf = (path: string): { file: string; text: string }[] => {
  try {
    if (path === '-') return [{ file: 'standard input', text: readFileSync(0, 'utf8') }];
    if (!statSync(path).isDirectory()) return [{ file: path, text: readFileSync(path, 'utf8') }];
    const entries = readdirSync(path, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && /\.(ya?ml|json)$/.test(entry.name))
      .map(({ name }) => join(path, name))
      .sort()
      .map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file or folder' : String(code ?? error);
    throw usageError(
      `${path} cannot be read: ${why}.`,
      'Give a YAML file, a folder of them, or - for standard input.',
    );
  }
};

const workspacesIn = (text: string, file: string): Found => {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const found: Found = { written: [], problems: [] };
  if (!Array.isArray(documents)) return found;
  for (const document of documents) {
    const { errors, contents } = document;
    for (const { pos, message } of errors) {
      const { line, col } = lines.linePos(pos[0]);
      found.problems.push({
        path: `${file}:${line}:${col}`,
        message: `is not valid YAML: ${message.split('\n')[0]}`,
      });
    }
    if (errors.length > 0) continue;
    for (const { place, value } of listOf(dataOf(document, file))) {
      const where = (field = '') => {
        const inner = field === '' ? [] : field.split('.');
        return `${file}:${lines.linePos(offsetOf(contents, [...place, ...inner])).line}`;
      };
      const problem = problemOf(value);
      if (problem !== null) found.problems.push({ path: where(), message: problem });
      else {
        const written = value as Record<string, unknown> & { name: string };
        found.written.push({ name: written.name, document: written, where });
      }
    }
  }
  return found;
};

/** An alias that leads nowhere, or to ever more of itself, is found only now. */
const dataOf = (document: Document, file: string): unknown => {
  try {
    return document.toJS();
  } catch (error) {
    throw usageError(`${file} is not valid YAML: ${(error as Error).message}.`, HINT);
  }
};

const listOf = (parsed: unknown): { place: YamlPlace; value: unknown }[] => {
  if (parsed === null || parsed === undefined) return [];
  if (Array.isArray(parsed))
    return parsed.map((value, index) => ({ place: [index], value: value as unknown }));
  const { workspaces } = parsed as { workspaces?: unknown };
  if (workspaces === undefined) return [{ place: [], value: parsed }];
  return Array.isArray(workspaces)
    ? workspaces.map((value, index) => ({ place: ['workspaces', index], value: value as unknown }))
    : [{ place: ['workspaces'], value: workspaces }];
};

const problemOf = (value: unknown): string | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `holds something that is not a workspace: ${JSON.stringify(value)}`;
  const { name } = value as { name?: unknown };
  return typeof name === 'string' && name !== '' ? null : 'holds a workspace without a name';
};
