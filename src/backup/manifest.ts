import type { ChainPlace } from '../audit/chain.ts';

/** What a backup says of itself; its first entry, `manifest.json`. */
export type Manifest = {
  format: number;
  /** The version of Keepwell that wrote it. */
  keepwell: string;
  /** The schema version of the database. */
  schema: number;
  createdAt: string;
  /** `wrapped`: the key of the secrets, the administrator's token and keepwell.yaml are in it, under a passphrase. */
  keys: 'wrapped' | 'left out';
  /** Whether the key of the secrets is among them: it is not where the configuration gives it. */
  secretKey: boolean;
  journal: { rows: number; sha256: string };
  /** The end of the audit's chain; not there in a backup of a Keepwell that kept none. */
  audit?: { rows: number; head: ChainPlace };
  files: { path: string; bytes: number; sha256: string }[];
};

export const FORMAT = 1;
export const MANIFEST = 'manifest.json';
export const DATABASE = 'keepwell.db';
export const SEALED = 'sealed.json';
export const ENDING = '.keepwell-backup';
