/** One message of a `text/event-stream`. */
export type StreamMessage = { id: string | null; event: string; data: string };

/**
 * Reads server-sent events. Ends with the stream; throws what the stream throws.
 *
 * Comments and `retry` are passed over; an id alone is given too (with no data): it is a position to resume from. A message that the stream breaks off in the middle is dropped, as the
 * standard demands: it comes again after a reconnect.
 *
 * @param heard Called whenever anything arrives, comments too.
 */
export async function* readEventStream(
  body: AsyncIterable<Uint8Array>,
  heard: () => void = () => {},
): AsyncGenerator<StreamMessage> {
  const decoder = new TextDecoder();
  let pending = '';
  let message = blank();
  for await (const chunk of body) {
    heard();
    pending += decoder.decode(chunk, { stream: true });
    const lines = pending.split(/\r\n|\n|\r(?!$)/);
    pending = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        readField(line, message);
        continue;
      }
      if (message.data.length > 0 || message.id !== null) yield { ...message, data: message.data.join('\n') };
      message = blank();
    }
  }
}

type Draft = { id: string | null; event: string; data: string[] };
const blank = (): Draft => ({ id: null, event: 'message', data: [] });

const readField = (line: string, message: Draft): void => {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'data') message.data.push(value);
  else if (name === 'id') message.id = value;
  else if (name === 'event') message.event = value;
};
