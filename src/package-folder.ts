import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

/** Whether this is the compiled program (`dist/src/…js`) and not the sources. */
export const COMPILED = extname(import.meta.filename) === '.js';

/** The folder of the package, which holds `package.json`, `data` and `dist/ui`. */
export const PACKAGE = join(dirname(import.meta.dirname), COMPILED ? '..' : '.');

/** A module of the program beside this file as it can be run here, e.g. `programFile('cli/keepwell')`; its extension depends on whether we are compiled. */
export const programFile = (name: string): string =>
  join(import.meta.dirname, `${name}${COMPILED ? '.js' : '.ts'}`);

export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }).version;
