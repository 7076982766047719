import type { Json } from './types.ts';

/** What a JSON column holds, or `otherwise` when it is NULL or cannot be read. */
export const readJson = <T = Json>(text: string | null, otherwise: T): T => {
  if (text === null) return otherwise;
  try {
    return JSON.parse(text) as T;
  } catch {
    return otherwise;
  }
};
