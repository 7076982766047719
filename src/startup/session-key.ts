import { hkdfSync } from 'node:crypto';

/** Signs session cookies. Follows from the admin token: it is the same after a restart, and gone with that token. */
export const sessionKeyOf = (adminToken: string): Buffer =>
  Buffer.from(hkdfSync('sha256', adminToken, '', 'keepwell session cookie', 32));
