import { type ErrorCode, KeepwellError } from '../../errors.ts';
import type { PluginLimits } from '../limits.ts';
import type { TreeEntry } from './tree-entry.ts';

const TOLD = 20;

/** One thing that no plugin may contain. */
type Violation = { path: string; code: ErrorCode; problem: string };

/** Judges the entries of one tree, one after the other. */
export type TreeChecks = {
  /**
   * Whether an entry may be written. One that may not is remembered for `finish`.
   * @throws {KeepwellError} `PLUGIN_TOO_LARGE`, `PLUGIN_TOO_MANY_FILES`, `PLUGIN_PATH_TOO_LONG` at once
   */
  admit(entry: Pick<TreeEntry, 'path' | 'kind' | 'setuid' | 'size'>): boolean;
  /** Counts bytes as they come. @throws {KeepwellError} `PLUGIN_TOO_LARGE` */
  count(bytes: number): void;
  /**
   * @throws {KeepwellError} with the code of the first entry that was not admitted: `PLUGIN_PATH_UNSAFE`,
   *   `PLUGIN_LINK_REFUSED`, `PLUGIN_FILE_REFUSED`, `PLUGIN_NAME_COLLISION`; up to 20 of them are in `details`
   */
  finish(): void;
};

/** Makes the checks that every tree passes on its way in, whatever its source. */
export const createTreeChecks = (limits: PluginLimits): TreeChecks => {
  const violations: Violation[] = [];
  const names = new Map<string, string>();
  let files = 0;
  let folders = 0;
  let announced = 0;
  let bytesLeft = limits.bytes;

  /** Files and folders that a file system might take for one another share a key. */
  const collides = (path: string, isFolder: boolean): string | null => {
    const parts = path.split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      const isFile = depth === parts.length && !isFolder;
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
  }: Pick<TreeEntry, 'path' | 'kind' | 'setuid'>): Omit<Violation, 'path'> | null => {
    const unsafe = unsafePath(path);
    if (unsafe !== null) return { code: 'PLUGIN_PATH_UNSAFE', problem: unsafe };
    if (kind === 'link') return { code: 'PLUGIN_LINK_REFUSED', problem: 'is a link' };
    if (kind !== 'file' && kind !== 'folder') return { code: 'PLUGIN_FILE_REFUSED', problem: KINDS[kind] };
    if (setuid) return { code: 'PLUGIN_FILE_REFUSED', problem: 'runs with the rights of its owner' };
    const other = collides(path, kind === 'folder');
    if (other === null) return null;
    const problem = `collides with ${JSON.stringify(other)} where case or Unicode form does not count`;
    return { code: 'PLUGIN_NAME_COLLISION', problem };
  };

  return {
    admit(entry) {
      const { path } = entry;
      if (entry.kind === 'folder') folders += 1;
      else files += 1;
      announced += entry.size;
      if (files > limits.files || folders > limits.files) {
        const message = `The plugin has more than ${limits.files} files or folders.`;
        throw new KeepwellError('PLUGIN_TOO_MANY_FILES', { message });
      }
      if (announced > limits.bytes) throw tooLarge(limits);
      if (Buffer.byteLength(path) > limits.pathBytes || path.split('/').length > limits.pathParts) {
        throw new KeepwellError('PLUGIN_PATH_TOO_LONG', {
          message: `A path of the plugin has more than ${limits.pathBytes} bytes or ${limits.pathParts} parts.`,
          details: { path: path.slice(0, 300) },
        });
      }
      const violation = problemWith(entry);
      if (violation !== null && violations.length < TOLD) violations.push({ path, ...violation });
      return violation === null && entry.kind === 'file';
    },
    count(bytes) {
      bytesLeft -= bytes;
      if (bytesLeft < 0) throw tooLarge(limits);
    },
    finish() {
      const [first] = violations;
      if (first === undefined) return;
      throw new KeepwellError(first.code, {
        message: `The plugin contains what is not allowed: ${JSON.stringify(first.path)} ${first.problem}.`,
        details: violations,
      });
    },
  };
};

const KINDS = {
  submodule: 'is a submodule',
  unreadable: 'cannot be read',
  other: 'is not a regular file',
} as const;

const tooLarge = ({ bytes }: PluginLimits) =>
  new KeepwellError('PLUGIN_TOO_LARGE', { message: `The plugin has more than ${bytes} bytes.` });

/** What is wrong with a path, here or on any machine to which an agent may copy it; null when nothing is. */
const unsafePath = (path: string): string | null => {
  if (/^[/\\]|^[a-z]:/i.test(path)) return 'is an absolute path';
  // U+FFFD stands where a name could not be read as UTF-8: another file might be meant.
  if (/[\p{Cc}\p{Cs}\ufffd]/u.test(path)) return 'has characters that are not allowed';
  if (path.includes('\\')) return 'has a backslash';
  // A drive's letter, a stream behind a file's name, or what some disks take for something else or not at all.
  if (/[:<>"|?*]/.test(path)) return 'has a character that some systems do not allow';
  const parts = path.split('/');
  if (leadsOut(asCarelesslyRead(path))) return 'leads out of the plugin';
  if (parts.some((part) => part === '' || part === '.')) return 'has empty parts';
  if (parts.some((part) => /[. ]$/.test(part))) return 'has a part that ends in a dot or a space';
  if (parts.some((part) => RESERVED.test(part))) return 'has a name that is reserved on some systems';
  return null;
};

const leadsOut = (path: string): boolean => path.split(/[/\\]/).includes('..');

/** With wide characters and escapes, also escaped ones, taken for what they stand for. */
const asCarelesslyRead = (path: string): string => {
  const read = path
    .normalize('NFKC')
    .replaceAll(/%(25|2e|2f|5c)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return read === path ? path : asCarelesslyRead(read);
};

const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

const foldName = (path: string) => path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
