import { KeepwellError } from '../errors.ts';
import { invalid } from './issues.ts';

/** The generation that `If-Match` asks for, with or without quotes; null when it asks for none. */
export const parseIfMatch = (header: string | undefined): number | null => {
  if (header === undefined || header.trim() === '*') return null;
  const digits = /^\s*(?:W\/)?("?)(\d{1,15})\1\s*$/.exec(header)?.[2];
  if (digits !== undefined) return Number(digits);
  throw invalid([{ path: 'headers.if-match', message: 'must be a generation, such as "3"' }]);
};

/** @throws {KeepwellError} `GENERATION_CONFLICT` when another generation is in force than the one asked for */
export const requireGeneration = (wanted: number | null, inForce: number): void => {
  if (wanted === null || wanted === inForce) return;
  throw new KeepwellError('GENERATION_CONFLICT', { details: { wanted, in_force: inForce } });
};

export const etagOf = (generation: number): string => `"${generation}"`;
