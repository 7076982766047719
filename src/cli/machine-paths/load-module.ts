import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError } from '../cli-error.ts';

/** Runs a module of the user's and gives what it exports. */
export const loadModule = async (file: string): Promise<Record<string, unknown>> => {
  if (!existsSync(file)) {
    throw new CliError(`${file} is not there.`, {
      code: 'FILE_UNREADABLE',
      hint: 'Give the path of a .ts or .js file.',
    });
  }
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new CliError(`${file} cannot be run: ${firstLine(error)}`, {
      code: 'MODULE_BROKEN',
      hint: `\`node ${file}\` says more. Node ${process.versions.node.split('.')[0]} takes types away and understands no other TypeScript (no enums, no JSX).`,
    });
  }
};

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;
