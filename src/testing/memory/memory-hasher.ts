import type { Hasher } from '../../supervisor/hasher-port.ts';
import { sha256 } from './sha256.ts';

/** Hashes where there is nothing of Node. */
export const memoryHasher: Hasher = { sha256, equal: (a, b) => a === b };
