export type Route =
  | { page: 'fleet' }
  | { page: 'workspace'; name: string; at: number | null }
  | { page: 'supervisor' }
  | { page: 'unknown' };

/** Reads the part of an address after `#`. */
export const parseRoute = (hash: string): Route => {
  const parts = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  const [page = '', name = '', word, at = ''] = parts;
  if (parts.length === 1 && page === '') return { page: 'fleet' };
  if (parts.length === 1 && page === 'supervisor') return { page: 'supervisor' };
  if (page !== 'w' || name === '') return { page: 'unknown' };
  if (parts.length === 2) return { page: 'workspace', name, at: null };
  if (parts.length === 4 && word === 'at' && /^\d{1,15}$/.test(at)) {
    return { page: 'workspace', name, at: Number(at) };
  }
  return { page: 'unknown' };
};

/** The address of a workspace, now or as it was after the journal's row `at`. */
export const workspaceHash = (name: string, at: number | null = null): string =>
  `#/w/${encodeURIComponent(name)}${at === null ? '' : `/at/${at}`}`;

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};
