/** What we ship of others, and under which terms. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Terms that let us ship a package as it is, beside our own licence. Add one only after reading it. */
export const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  // Weak: it asks for the source of changes to that package alone, and we change nothing.
  'EPL-2.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

export type Dependency = {
  name: string;
  version: string;
  /** An SPDX expression; null when the package does not say. */
  licence: string | null;
  /** Installed only where it can be. */
  optional: boolean;
};

type LockEntry = {
  version?: string;
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  link?: boolean;
};
type PackageFile = { license?: unknown; licenses?: unknown };

/** All that is installed without development, by name and version; read from the lock of `folder`. */
export const productionDependencies = (folder: string): Dependency[] => {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>;
  };
  const found = Object.entries(lock.packages)
    .filter(([path, { dev, devOptional, link }]) => path !== '' && !dev && !devOptional && !link)
    // What cannot be installed here says its terms where it can.
    .filter(([path, { optional }]) => !optional || existsSync(join(folder, path)))
    .map(([path, { version = '', license, optional = false }]) => ({
      name: path.replace(/^.*node_modules\//, ''),
      version,
      licence: license ?? licenceIn(join(folder, path, 'package.json')),
      optional,
    }));
  const byName = new Map(found.map((each) => [`${each.name}@${each.version}`, each]));
  return [...byName.values()].toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
};

/** Old packages list what newer ones say in one word; npm writes neither of an optional one into the lock. */
const licenceIn = (file: string): string | null => {
  if (!existsSync(file)) return null;
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8')) as PackageFile;
  const said = [license, licenses]
    .flat()
    .map((each) => (each as { type?: unknown } | undefined)?.type ?? each);
  const words = said.filter((each) => typeof each === 'string');
  return words.length === 0 ? null : words.join(' OR ');
};

/** Whether one of the choices of an SPDX expression is allowed as a whole. */
export const isAllowed = (licence: string | null): boolean =>
  licence !== null &&
  licence
    .replaceAll(/^\(|\)$/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((each) => ALLOWED.has(each.trim())));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
