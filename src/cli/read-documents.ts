import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { usageError } from './cli-error.ts';

/** One workspace as somebody wrote it down, and where. */
export type WrittenWorkspace = { name: string; document: Record<string, unknown>; where: string };

const HINT = 'A workspace is a YAML document with a `name`; several may stand in a list called `workspaces`.';

/**
 * Reads workspaces from a YAML or JSON file, from every `*.yaml`, `*.yml` and `*.json` of a folder, or from `-`, the
 * standard input. A file may hold several documents, a list, or a list under `workspaces`.
 *
 * @throws {CliError} exit code 2: nothing there, not YAML, no name, the same name twice
 */
export const readDocuments = (path: string): WrittenWorkspace[] => {
  const found = filesOf(path).flatMap(({ where, text }) => workspacesIn(text, where));
  if (found.length === 0) throw usageError(`There is no workspace in ${path}.`, HINT);
  for (const [index, { name, where }] of found.entries()) {
    const earlier = found.slice(0, index).find((each) => each.name === name);
    if (earlier)
      throw usageError(`${where} describes ${name}, and so does ${earlier.where}.`, 'Keep one of them.');
  }
  return found;
};

const filesOf = (path: string): { where: string; text: string }[] => {
  try {
    if (path === '-') return [{ where: 'standard input', text: readFileSync(0, 'utf8') }];
    if (!statSync(path).isDirectory()) return [{ where: path, text: readFileSync(path, 'utf8') }];
    const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name));
    return names
      .sort()
      .map((name) => ({ where: join(path, name), text: readFileSync(join(path, name), 'utf8') }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file or folder' : String(code ?? error);
    throw usageError(
      `${path} cannot be read: ${why}.`,
      'Give a YAML file, a folder of them, or - for standard input.',
    );
  }
};

const workspacesIn = (text: string, where: string): WrittenWorkspace[] => {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    if (problem) {
      const { line, col } = problem.linePos?.[0] ?? { line: 1, col: 1 };
      const [message = ''] = problem.message.split(/ at line| \(|\n/);
      throw usageError(`${where}:${line}:${col} is not valid YAML: ${message}.`, HINT);
    }
    return listOf(document.toJS() as unknown).map((each) => asWorkspace(each, where));
  });
};

const listOf = (parsed: unknown): unknown[] => {
  if (parsed === null || parsed === undefined) return [];
  if (Array.isArray(parsed)) return parsed;
  const { workspaces } = parsed as { workspaces?: unknown };
  return workspaces === undefined ? [parsed] : Array.isArray(workspaces) ? workspaces : [workspaces];
};

const asWorkspace = (parsed: unknown, where: string): WrittenWorkspace => {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw usageError(`${where} holds something that is not a workspace: ${JSON.stringify(parsed)}.`, HINT);
  }
  const { name } = parsed as { name?: unknown };
  if (typeof name !== 'string' || name === '')
    throw usageError(`${where} holds a workspace without a name.`, HINT);
  return { name, document: parsed as Record<string, unknown>, where };
};
