/** Longer lines are cut here; what is cut off is dropped. */
export const MAX_LINE_BYTES = 16 * 1024;

const NEWLINE = 0x0a;
const CUT = ' … (line cut)';

/** Turns blocks of output into lines. Holds at most one line's beginning, however long the line. */
export const createLineSplitter = (maxBytes = MAX_LINE_BYTES) => {
  let held: Buffer = Buffer.alloc(0);
  let overflowed = false;

  const hold = (bytes: Buffer): void => {
    const room = maxBytes - held.length;
    if (bytes.length > room) overflowed = true;
    held = Buffer.concat([held, bytes.subarray(0, room)]);
  };

  const take = (): string => {
    const line = held.toString('utf8').replace(/\r$/, '') + (overflowed ? CUT : '');
    held = Buffer.alloc(0);
    overflowed = false;
    return line;
  };

  /** The lines that `block` completes. */
  const push = (block: Buffer): string[] => {
    const lines: string[] = [];
    let from = 0;
    for (let end = block.indexOf(NEWLINE); end !== -1; end = block.indexOf(NEWLINE, from)) {
      hold(block.subarray(from, end));
      lines.push(take());
      from = end + 1;
    }
    hold(block.subarray(from));
    return lines;
  };

  /** The line that was begun and not ended, if there is one. */
  const flush = (): string[] => (held.length > 0 || overflowed ? [take()] : []);

  return { push, flush };
};

/** The place right after the `lines`-th line end from the end of a block, or how many line ends there are if fewer. */
export const lineStartFromEnd = (block: Buffer, lines: number): { at: number } | { found: number } => {
  let found = 0;
  for (
    let at = block.lastIndexOf(NEWLINE);
    at !== -1;
    at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)
  ) {
    found += 1;
    if (found === lines) return { at: at + 1 };
  }
  return { found };
};
