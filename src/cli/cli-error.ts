import { EXIT } from './exit-codes.ts';

type Told = { code: string; exitCode?: number; hint?: string | null; details?: unknown };

/** An error that is told in one line, with what to do next; `exitCode` defaults to 1. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly exitCode: number;
  readonly hint: string | null;
  readonly details: unknown;

  constructor(message: string, { code, exitCode = EXIT.failed, hint = null, details }: Told) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.hint = hint;
    this.details = details;
  }
}

/** The command was called in a way that cannot be meant. */
export const usageError = (message: string, hint: string): CliError =>
  new CliError(message, { code: 'USAGE', exitCode: EXIT.usage, hint });
