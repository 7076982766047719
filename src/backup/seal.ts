import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { KeepwellError } from '../errors.ts';

/** 128 MiB and about half a second for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 };

type Sealed = { kdf: 'scrypt'; N: number; r: number; p: number; salt: string; nonce: string; sealed: string };

type Cost = Pick<typeof COST, 'N' | 'r' | 'p'>;

const keyOf = (passphrase: string, salt: Buffer, { N, r, p }: Cost): Buffer =>
  scryptSync(passphrase.normalize('NFKC'), salt, 32, { N, r, p, maxmem: COST.maxmem });

/** Seals bytes under a passphrase with AES-256-GCM; the answer is JSON. */
export const seal = (passphrase: string, plain: Buffer): string => {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(passphrase, salt, COST), nonce);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const { N, r, p } = COST;
  const parts: Sealed = {
    kdf: 'scrypt',
    N,
    r,
    p,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    sealed: sealed.toString('base64'),
  };
  return JSON.stringify(parts);
};

/** @throws {KeepwellError} `BACKUP_PASSPHRASE_WRONG` */
export const unseal = (passphrase: string, text: string): Buffer => {
  const { salt, nonce, sealed, ...cost } = JSON.parse(text) as Sealed;
  const bytes = Buffer.from(sealed, 'base64');
  const key = keyOf(passphrase, Buffer.from(salt, 'base64'), cost);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'));
  decipher.setAuthTag(bytes.subarray(-16));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
  } catch {
    throw new KeepwellError('BACKUP_PASSPHRASE_WRONG');
  }
};
