export type ServerEvent = { event: string; data: string; id: string };

/**
 * Reads an event stream piece by piece, however the pieces are cut.
 *
 * `id` is the last one that was seen, also by earlier events, as the standard has it. Comments give nothing.
 */
export const createSseParser = (): ((piece: string) => ServerEvent[]) => {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let id = '';
  let isFirst = true;

  const takeLine = (line: string, found: ServerEvent[]): void => {
    if (line === '') {
      if (data.length > 0) found.push({ event: event || 'message', data: data.join('\n'), id });
      event = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
  };

  return (piece) => {
    const found: ServerEvent[] = [];
    let text = rest + piece;
    if (isFirst && text !== '') {
      text = text.replace(/^\uFEFF/, '');
      isFirst = false;
    }
    // A carriage return at the very end may be half of a line end.
    const isCut = text.endsWith('\r');
    const lines = (isCut ? text.slice(0, -1) : text).split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? '') + (isCut ? '\r' : '');
    for (const line of lines) takeLine(line, found);
    return found;
  };
};
