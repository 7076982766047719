import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** The administrator's token, and whether it was made just now and so has to be shown. */
export type AdminToken = { token: string; isNew: boolean };

/**
 * The configured token, else the one kept in `file`, else a new one, kept there with mode 0600.
 *
 * A configured token is not written anywhere.
 */
export const loadAdminToken = (file: string, configured: string | null): AdminToken => {
  if (configured !== null) return { token: configured, isNew: false };
  const kept = readKept(file);
  if (kept !== '') return { token: kept, isNew: false };
  const token = newToken('kwa');
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return { token, isNew: true };
};

/** 256 random bits behind a prefix that tells what they open. */
export const newToken = (prefix: string): string => `${prefix}_${randomBytes(32).toString('base64url')}`;

const readKept = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};
