import { KeepwellError } from '../../errors.ts';
import type { SecretPlace, SecretRow, Vault } from '../../supervisor/ports.ts';
import type { Random } from './seeded-random.ts';
import { sha256 } from './sha256.ts';

/** The keys of a vault, the one that seals first. They outlive the supervisor, as the key file does. */
export type MemoryKeys = { id: string; key: string }[];

/**
 * Seals secrets so that they are not to be read where they lie, and open only with their key and at their place. It
 * keeps the promises of the real vault but for the strength of the cipher: nothing that matters may be put into it.
 */
export const createMemoryVault = (keys: MemoryKeys, random: Random): Vault => {
  const word = (): string => sha256(String(random()));
  const addFirst = (): void => {
    const key = word();
    keys.unshift({ id: sha256(key).slice(0, 8), key });
  };
  if (keys.length === 0) addFirst();

  return {
    seal(place, value, at) {
      const { id, key } = keys[0] as MemoryKeys[number];
      const nonce = word().slice(0, 24);
      const bytes = new TextEncoder().encode(value);
      const sealed = `${toHex(cipher(bytes, key + nonce))}.${tagOf(place, value, key + nonce)}`;
      const { workspaceId, name } = place;
      return { workspaceId, name, keyId: id, nonce: btoa(nonce), sealed: btoa(sealed), updatedAt: at };
    },
    open(row) {
      const known = keys.find(({ id }) => id === row.keyId);
      if (known === undefined) throw lost(row);
      const secret = known.key + decoded(row.nonce);
      const [text = '', tag] = decoded(row.sealed).split('.');
      const value = new TextDecoder().decode(cipher(fromHex(text), secret));
      if (tag !== tagOf(row, value, secret)) throw lost(row);
      return value;
    },
    rotate() {
      addFirst();
      return { forgetOlder: () => void keys.splice(1) };
    },
  };
};

const tagOf = ({ workspaceId, name }: SecretPlace, value: string, secret: string): string =>
  sha256(JSON.stringify([workspaceId, name, value, secret])).slice(0, 32);

/** XOR with a stream of hashes; twice is nothing. */
const cipher = (bytes: Uint8Array, secret: string): Uint8Array => {
  let stream = new Uint8Array();
  return bytes.map((byte, index) => {
    if (index % 32 === 0) stream = fromHex(sha256(`${secret} ${index}`));
    return byte ^ (stream[index % 32] as number);
  });
};

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const fromHex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** What was changed on the disk need not be base64 any more. */
const decoded = (text: string): string => {
  try {
    return atob(text);
  } catch {
    return '';
  }
};

const lost = ({ name, keyId }: SecretRow) =>
  new KeepwellError('SECRET_KEY_LOST', {
    message: `The secret ${name} cannot be opened: its key ${keyId} is not there, or it was changed on the disk.`,
  });
