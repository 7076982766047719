import { hash, timingSafeEqual } from 'node:crypto';

/** How tokens are hashed and told apart. */
export const tokenHasher = {
  sha256: (text: string): string => hash('sha256', text, 'hex'),
  equal: (a: string, b: string): boolean =>
    a.length === b.length && timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex')),
};
