import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { EpochMs } from '../../machines/time.ts';
import { KeepwellError } from '../errors.ts';
import { type KeyRingOptions, openKeyRing } from './key-ring.ts';

/** Where a secret belongs; null for one that every workspace gets. */
type Place = { workspaceId: string | null; name: string };

/** A secret at rest. `nonce` and `sealed` are base64; the last 16 bytes of `sealed` are the tag. */
type Sealed = Place & { keyId: string; nonce: string; sealed: string; updatedAt: EpochMs };

/** Seals and opens secrets. */
export type Vault = {
  seal(place: Place, value: string, at: EpochMs): Sealed;
  /** @throws {KeepwellError} `SECRET_KEY_LOST` when no key opens it, or it was sealed for another place */
  open(row: Sealed): string;
  /** Makes a new key the one that seals; older ones go on opening until they are forgotten. */
  rotate(): { forgetOlder(): void };
  /** Stands for a text without telling it: equal for equal texts as long as the key stays. */
  fingerprint(text: string): string;
};

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Opens the vault. Secrets are sealed with AES-256-GCM under a random nonce each; where a secret belongs is part of
 * what is authenticated, so that a row moved to another workspace or name does not open.
 */
export const openVault = (options: KeyRingOptions): Vault => {
  const ring = openKeyRing(options);

  return {
    seal({ workspaceId, name }, value, at) {
      const key = ring.first();
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key.bytes, nonce).setAAD(labelOf({ workspaceId, name }));
      const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return {
        workspaceId,
        name,
        keyId: key.id,
        nonce: nonce.toString('base64'),
        sealed: sealed.toString('base64'),
        updatedAt: at,
      };
    },

    open(row) {
      const key = ring.find(row.keyId);
      if (key === null) throw lost(row);
      try {
        const sealed = Buffer.from(row.sealed, 'base64');
        const nonce = Buffer.from(row.nonce, 'base64');
        const decipher = createDecipheriv(ALGORITHM, key.bytes, nonce, { authTagLength: TAG_BYTES })
          .setAAD(labelOf(row))
          .setAuthTag(sealed.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch {
        throw lost(row);
      }
    },

    rotate() {
      ring.addFirst();
      return { forgetOlder: () => ring.forgetOlder() };
    },

    fingerprint: (text) => createHmac('sha256', ring.first().bytes).update(text).digest('hex'),
  };
};

/** Those that no key opens. */
export const unreadableSecrets = <Row extends Sealed>(
  vault: Pick<Vault, 'open'>,
  rows: readonly Row[],
): Row[] =>
  rows.filter((row) => {
    try {
      vault.open(row);
      return false;
    } catch {
      return true;
    }
  });

const labelOf = ({ workspaceId, name }: Place): Buffer => Buffer.from(JSON.stringify([workspaceId, name]));

const lost = ({ name, keyId }: Sealed) =>
  new KeepwellError('SECRET_KEY_LOST', {
    message: `The secret ${name} cannot be opened: its key ${keyId} is not there, or it was changed on the disk.`,
  });
