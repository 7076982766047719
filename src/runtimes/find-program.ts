import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, resolve } from 'node:path';
import type { Declined } from '../../machines/workspace/types.ts';
import { describeError, type ErrorCode } from '../errors.ts';

/** Where execvp looks when there is no PATH. */
const DEFAULT_PATH = '/usr/bin:/bin';

/**
 * Finds the file that a command would run, by the rules of the system: a name with a slash is a path, relative to
 * `folder`; any other is looked for on `path`.
 *
 * @returns The absolute path, or why such a command can certainly not start. Rejects when it cannot tell.
 */
export const findProgram = async (
  command: readonly string[],
  { folder, path = DEFAULT_PATH }: { folder: string; path?: string | undefined },
): Promise<string | Declined> => {
  const [program] = command;
  if (!program) return declined('COMMAND_NOT_FOUND', 'The command is empty.');
  if (command.some((word) => word.includes('\0'))) {
    return declined('COMMAND_NOT_FOUND', 'The command contains a NUL character.');
  }
  const candidates = candidatesFor(program, folder, path);
  const refused: string[] = [];
  for (const candidate of candidates) {
    const verdict = await judge(candidate);
    if (verdict === 'runs') return (await missingInterpreter(candidate)) ?? candidate;
    if (verdict === 'refused') refused.push(candidate);
  }
  return refused.length > 0
    ? declined('COMMAND_NOT_EXECUTABLE', `${program} is not executable: ${refused.join(', ')}`)
    : declined('COMMAND_NOT_FOUND', `${program} does not exist. Looked for ${candidates.join(', ')}`);
};

const candidatesFor = (program: string, folder: string, path: string): string[] => {
  if (isAbsolute(program)) return [program];
  if (program.includes('/')) return [resolve(folder, program)];
  // An empty entry of PATH means the current folder.
  return [...new Set(path.split(delimiter).map((entry) => resolve(folder, entry, program)))];
};

const judge = async (file: string): Promise<'runs' | 'refused' | 'absent'> => {
  try {
    if (!(await stat(file)).isFile()) return 'refused';
    await access(file, constants.X_OK);
    return 'runs';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(code)) return 'absent';
    if (['EACCES', 'EPERM'].includes(code)) return 'refused';
    throw error;
  }
};

/** A script whose `#!` names a program that is not there fails with a message that blames the script. */
const missingInterpreter = async (file: string): Promise<Declined | null> => {
  const interpreter = /^#![ \t]*(\/[^\s\0]+)/.exec(await firstBytes(file))?.[1];
  if (interpreter === undefined || (await judge(interpreter)) !== 'absent') return null;
  return declined('COMMAND_NOT_FOUND', `${file} is a script for ${interpreter}, which does not exist.`);
};

const firstBytes = async (path: string): Promise<string> => {
  // Executable but not readable is allowed for programs.
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
};

const declined = (code: ErrorCode, message: string): Declined => ({
  kind: 'declined',
  code,
  message,
  hint: describeError(code).hint,
});
