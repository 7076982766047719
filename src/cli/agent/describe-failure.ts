const LONGEST = 200;

/** What went wrong with a request, in a few words without its address: `ECONNREFUSED`, `no answer within 5 s`. */
export const describeFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown error';
  const cause = error.cause;
  if (cause instanceof Error) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    return shorten(code || cause.message || cause.name);
  }
  return shorten(error.message || error.name);
};

/** One line of at most 200 characters. */
export const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
};
