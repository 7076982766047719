import { hash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { KeepwellError } from '../errors.ts';

export type SecretKey = { id: string; bytes: Buffer };

/** The keys of secrets: the first seals, all of them open. */
export type KeyRing = {
  first(): SecretKey;
  find(id: string): SecretKey | null;
  /** Puts a new key first; on the disk when this returns. @throws `CONFIG_INVALID` for keys that somebody else keeps */
  addFirst(): void;
  /** Forgets all but the first. */
  forgetOlder(): void;
};

export type KeyRingOptions = {
  /** One key a line in base64, for its owner alone; made when a key is first needed. */
  file: string;
  /** Keys given by configuration, with commas between them; then the file is not used. */
  given: string | null;
};

/**
 * Opens the keys.
 *
 * @throws {KeepwellError} `CONFIG_INVALID` for a key that is none, `DATA_FOLDER_UNUSABLE` for a file that others can read
 */
export const openKeyRing = ({ file, given }: KeyRingOptions): KeyRing => {
  let keys = given === null ? readKeys(file) : given.split(',').map(parseKey);

  const write = (changed: SecretKey[]): void => {
    writeKeys(file, changed);
    keys = changed;
  };
  const refuseGiven = (): void => {
    if (given === null) return;
    throw new KeepwellError('CONFIG_INVALID', {
      message: 'The key of the secrets is given by configuration, so it is changed there.',
      hint: 'Put the new key before the old one, with a comma between them; start anew; rotate; take the old one away.',
    });
  };

  return {
    first() {
      if (keys.length === 0) write([newKey()]);
      return keys[0] as SecretKey;
    },
    find: (id) => keys.find((key) => key.id === id) ?? null,
    addFirst() {
      // With several keys given, the first of them is the new one already.
      if (given !== null && keys.length > 1) return;
      refuseGiven();
      write([newKey(), ...keys]);
    },
    forgetOlder() {
      if (given === null) write(keys.slice(0, 1));
    },
  };
};

const KEY_BYTES = 32;

const asKey = (bytes: Buffer): SecretKey => ({ id: hash('sha256', bytes).slice(0, 16), bytes });
const newKey = (): SecretKey => asKey(randomBytes(KEY_BYTES));

const parseKey = (text: string): SecretKey => {
  const trimmed = text.trim();
  const bytes = Buffer.from(trimmed, /^[0-9a-f]{64}$/i.test(trimmed) ? 'hex' : 'base64');
  if (bytes.length === KEY_BYTES) return asKey(bytes);
  throw new KeepwellError('CONFIG_INVALID', {
    message: 'The key of the secrets is not 32 bytes in base64 or hex.',
    hint: '`openssl rand -base64 32` makes one.',
  });
};

const readKeys = (file: string): SecretKey[] => {
  if (!existsSync(file)) return [];
  const { mode } = lstatSync(file);
  if ((mode & 0o077) !== 0) {
    throw new KeepwellError('DATA_FOLDER_UNUSABLE', {
      message: `Others can read ${file}, which holds the key of the secrets.`,
      hint: `chmod 600 ${file}`,
    });
  }
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map(parseKey);
};

/** Whole or not at all: with half a key nothing could be opened any more. */
const writeKeys = (file: string, keys: readonly SecretKey[]): void => {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, keys.map(({ bytes }) => `${bytes.toString('base64')}\n`).join(''));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
  const folder = openSync(dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
};
