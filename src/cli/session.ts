import { debuglog } from 'node:util';
import type { Command } from 'commander';
import { type ClientConfig, clientConfig } from '../config.ts';
import { KeepwellError } from '../errors.ts';
import { CliError } from './cli-error.ts';
import { type Client, createClient } from './client.ts';
import { EXIT } from './exit-codes.ts';
import { createOutput, type Output } from './output.ts';

/** Flags that every command has. */
export type GlobalOptions = { url?: string; token?: string; data?: string; json?: boolean };

/** What a command works with. */
export type Session = {
  client: Client;
  out: Output;
  options: GlobalOptions;
  /** Where the data folder is and how the supervisor is reached. */
  config: ClientConfig;
  /** Aborted by Ctrl-C. */
  interrupted: AbortSignal;
};

/** A command's work: its positional arguments, then its own options. The number is the exit code; nothing means 0. */
export type Work = (
  session: Session,
  given: { args: string[]; options: Record<string, unknown> },
) => Promise<number | void>;

/**
 * Turns a command's work into what commander calls.
 *
 * @param options.ownSignals The command deals with Ctrl-C itself.
 */
export const action =
  (work: Work, { ownSignals = false } = {}) =>
  async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const out = createOutput({ json: options.json === true, stdout: process.stdout, stderr: process.stderr });
    const interrupt = new AbortController();
    const onInterrupt = () => interrupt.abort();
    if (!ownSignals) process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
    const locate = () => clientConfig(undefined, options);
    const session: Session = {
      client: createClient(locate, interrupt.signal),
      out,
      options,
      get config() {
        return locate();
      },
      interrupted: interrupt.signal,
    };
    try {
      process.exitCode =
        (await work(session, {
          args: command.processedArgs.flat().filter((each) => each !== undefined) as string[],
          options: command.opts(),
        })) ?? 0;
    } catch (error) {
      // What a request says when it is cut off is of no interest to whoever cut it off.
      const isCutOff =
        interrupt.signal.aborted && !(error instanceof CliError && error.code === 'INTERRUPTED');
      process.exitCode = isCutOff ? EXIT.interrupted : report(error, out);
    } finally {
      if (!ownSignals) process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
    }
  };

/** Tells an error in the way that was asked for; returns the exit code it stands for. */
export const report = (error: unknown, out: Output): number => {
  const told = toCliError(error);
  out.error(told);
  return told.exitCode;
};

const toCliError = (error: unknown): CliError => {
  if (error instanceof CliError) return error;
  if (error instanceof KeepwellError) {
    const { message, code, hint, details } = error;
    return new CliError(message, {
      code,
      hint,
      details,
      exitCode: code === 'CONFIG_INVALID' ? EXIT.usage : EXIT.failed,
    });
  }
  trace('%s', error instanceof Error ? error.stack : error);
  return new CliError(error instanceof Error ? error.message : String(error), {
    code: 'INTERNAL',
    hint: 'This should not happen; NODE_DEBUG=keepwell shows where.',
  });
};

const trace = debuglog('keepwell');
