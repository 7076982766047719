import { type Command, InvalidArgumentError, Option } from 'commander';
import { MINUTE } from '../../../machines/time.ts';
import { parseDuration } from '../../durations.ts';

export type WaitOptions = { wait?: true; timeout: number };

const LONGEST_WAIT_MS = 15 * MINUTE;

/** Adds `--wait` and `--timeout` to a command that starts something. */
export const withWait = (command: Command): Command =>
  command
    .option('--wait', 'print each step; end when it is online with all its plugins')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait')
        .default(LONGEST_WAIT_MS, '15m')
        .argParser(readDuration),
    );

const readDuration = (text: string): number => {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('Write it like 30s, 12m or 1h.');
  }
};

/** Reads a whole number from 1 on. */
export const readCount = (text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
};

/** Reads a number of lines, none included. */
export const readTail = (text: string): number => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 10_000) return value;
  throw new InvalidArgumentError('It must be a whole number up to 10000.');
};

/** Gathers an option that may be given more than once. */
export const gather = (value: string, before: string[] = []): string[] => [...before, value];
