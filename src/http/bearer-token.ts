/** The token of `Authorization: Bearer …`, or null. */
export const bearerToken = (header: string | undefined): string | null => {
  if (header === undefined || header.length < 8 || header.length > 1_024) return null;
  if (header.slice(0, 7).toLowerCase() !== 'bearer ') return null;
  return header.slice(7).trim() || null;
};
