import type { PublicStatus } from '../../machines/workspace/types.ts';
import type { Entry } from './entry.ts';

/** How many workspaces are in which status. */
export const censusOf = (entries: Iterable<Entry>): Partial<Record<PublicStatus, number>> => {
  const census: Partial<Record<PublicStatus, number>> = {};
  for (const { snapshot } of entries) {
    census[snapshot.context.status] = (census[snapshot.context.status] ?? 0) + 1;
  }
  return census;
};
