import { KeepwellError } from '../../errors.ts';
import type { PluginLimits } from '../limits.ts';
import type { TreeEntry } from './tree-entry.ts';

const TOLD = 20;

/** Judges the entries of one tree, one after the other. */
export type TreeChecks = {
  /**
   * Whether an entry may be written. One that may not is remembered for `finish`.
   * @throws {KeepwellError} `PLUGIN_TOO_LARGE` at once
   */
  admit(entry: Pick<TreeEntry, 'path' | 'kind' | 'setuid' | 'size'>): boolean;
  /** Counts bytes as they come. @throws {KeepwellError} `PLUGIN_TOO_LARGE` */
  count(bytes: number): void;
  /** @throws {KeepwellError} `PLUGIN_TREE_UNSAFE` with all that was not admitted, up to 20 entries */
  finish(): void;
};

/** Makes the checks that every tree passes on its way in, whatever its source. */
export const createTreeChecks = (limits: PluginLimits): TreeChecks => {
  const violations: { path: string; problem: string }[] = [];
  const names = new Map<string, string>();
  let files = 0;
  let announced = 0;
  let bytesLeft = limits.bytes;

  /** Files and folders that a file system might take for one another share a key. */
  const collides = (path: string): string | null => {
    const parts = path.split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      const isFile = depth === parts.length;
      const name = `${parts.slice(0, depth).join('/')}${isFile ? '' : '/'}`;
      const key = foldName(parts.slice(0, depth).join('/'));
      const known = names.get(key);
      if (known !== undefined && (known !== name || isFile)) return known;
      names.set(key, name);
    }
    return null;
  };

  const problemWith = ({
    path,
    kind,
    setuid,
  }: Pick<TreeEntry, 'path' | 'kind' | 'setuid'>): string | null => {
    if (kind === 'link') return 'is a link';
    if (kind === 'submodule') return 'is a submodule';
    if (kind === 'unreadable') return 'cannot be read';
    if (kind === 'other') return 'is not a regular file';
    if (setuid) return 'runs with the rights of its owner';
    if (!isSafePath(path)) return 'has a path that is not allowed';
    const other = collides(path);
    return other === null
      ? null
      : `collides with ${JSON.stringify(other)} where case or Unicode form does not count`;
  };

  return {
    admit(entry) {
      files += 1;
      announced += entry.size;
      if (files > limits.files) throw tooLarge(`It has more than ${limits.files} files.`);
      if (announced > limits.bytes) throw tooLarge(`It has more than ${limits.bytes} bytes.`);
      if (Buffer.byteLength(entry.path) > limits.pathBytes) {
        throw tooLarge(`A path has more than ${limits.pathBytes} bytes.`, { path: entry.path.slice(0, 300) });
      }
      const problem = problemWith(entry);
      if (problem !== null && violations.length < TOLD) violations.push({ path: entry.path, problem });
      return problem === null;
    },
    count(bytes) {
      bytesLeft -= bytes;
      if (bytesLeft < 0) throw tooLarge(`It has more than ${limits.bytes} bytes.`);
    },
    finish() {
      const [first] = violations;
      if (first === undefined) return;
      throw new KeepwellError('PLUGIN_TREE_UNSAFE', {
        message: `The plugin contains files that are not allowed: ${JSON.stringify(first.path)} ${first.problem}.`,
        details: violations,
      });
    },
  };
};

const tooLarge = (why: string, details?: unknown) =>
  new KeepwellError('PLUGIN_TOO_LARGE', { message: `The plugin is too large. ${why}`, details });

/** Also refuses U+FFFD: there a name could not be read as UTF-8, and another file might be meant. */
const isSafePath = (path: string): boolean =>
  /^[^\p{Cc}\p{Cs}\\\ufffd]+$/u.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const foldName = (path: string) => path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
