import type { Declined } from '../../machines/workspace/types.ts';
import { describeError } from '../errors.ts';

/** Of one word or variable on Linux, without the NUL at its end. */
const MOST_BYTES = 128 * 1024 - 1;

/** Why the system will certainly not start a process with these, or null. Names a variable, never its value. */
export const findTooLong = (
  { command, env }: { command: readonly string[]; env: Readonly<Record<string, string>> },
  platform: NodeJS.Platform = process.platform,
): Declined | null => {
  if (platform !== 'linux') return null;
  const variable = Object.keys(env).find((name) => isTooLong(`${name}=${env[name]}`));
  if (variable !== undefined) return declined(`The variable ${variable} has more than ${MOST_BYTES} bytes.`);
  if (command.some(isTooLong)) return declined(`A word of the command has more than ${MOST_BYTES} bytes.`);
  return null;
};

const isTooLong = (text: string): boolean => Buffer.byteLength(text) > MOST_BYTES;

const declined = (message: string): Declined => ({
  kind: 'declined',
  code: 'COMMAND_TOO_LONG',
  message,
  hint: describeError('COMMAND_TOO_LONG').hint,
});
