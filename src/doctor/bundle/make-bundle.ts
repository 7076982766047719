import { type InstallationOptions, openInstallation } from '../installation.ts';
import { type Asked, collect } from './collect.ts';
import { writeBundle } from './write-bundle.ts';

/**
 * Writes what helps somebody elsewhere into one file, without a secret. Reads only, apart from that file.
 *
 * @param options.ask asks the supervisor when one runs
 * @returns the names of what is in it
 * @throws the system's error; `EEXIST` when the file is there already
 */
export const makeBundle = async (
  file: string,
  { version, ask, ...options }: InstallationOptions & { version: string; ask: Asked },
): Promise<string[]> => {
  const installation = openInstallation(options);
  try {
    const files = await collect(installation, { version, ask: installation.running === null ? null : ask });
    await writeBundle(file, files, installation.now());
    return [...files.keys()];
  } finally {
    installation.close();
  }
};
