import { signedOut } from '../session/session.ts';
import { backoffMs } from './backoff.ts';
import { tellConnection } from './connection.ts';
import { createSseParser, type ServerEvent } from './sse-parser.ts';

/** A stream that ends is begun again at once; only when that fails is it an interruption. */
const TELL_AFTER_FAILURES = 2;
/** The server says something every 15 s at least. */
const SILENT_MS = 40_000;

export type Stream = { close(): void };

/**
 * Follows an event stream until it is closed, and comes back after the last event that was heard.
 *
 * Connects itself instead of through EventSource, which can neither begin after a given event nor tell a refusal from
 * an interruption. A 401 ends the session; any other refusal goes to `onRefused` and ends the stream.
 */
export const openStream = (
  path: string,
  {
    lastEventId = '',
    onOpen,
    onEvent,
    onRefused,
    isAside = false,
  }: {
    lastEventId?: string;
    onOpen?: () => void;
    onEvent: (event: ServerEvent) => void;
    onRefused?: (status: number) => void;
    /** What is shown does not depend on it, so that its interruptions are not told of. */
    isAside?: boolean;
  },
): Stream => {
  let position = lastEventId;
  let failures = 0;
  let heardAt = Date.now();
  let attempt = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  const self: Stream = {
    close() {
      isClosed = true;
      attempt.abort();
      clearTimeout(timer);
      tellConnection(self, null);
    },
  };

  const hear = (): void => {
    heardAt = Date.now();
    if (failures > 0) tellConnection(self, null);
    failures = 0;
  };

  const connect = async (): Promise<void> => {
    clearTimeout(timer);
    attempt = new AbortController();
    const { signal } = attempt;
    const watchdog = setInterval(() => {
      if (Date.now() - heardAt > SILENT_MS) attempt.abort();
    }, 1_000);
    heardAt = failures === 0 ? Date.now() : heardAt;
    try {
      const response = await fetch(path, {
        headers: { accept: 'text/event-stream', ...(position === '' ? {} : { 'last-event-id': position }) },
        signal,
      });
      if (response.status === 401) return signedOut();
      if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        return onRefused?.(response.status);
      }
      if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
      onOpen?.();
      await read(response.body);
      throw new Error('The stream ended.');
    } catch {
      if (!isClosed) waitAndRetry();
    } finally {
      clearInterval(watchdog);
    }
  };

  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    const parse = createSseParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    hear();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || isClosed) return;
      hear();
      for (const event of parse(decoder.decode(value, { stream: true }))) {
        if (event.id !== '') position = event.id;
        onEvent(event);
      }
    }
  };

  const waitAndRetry = (): void => {
    failures += 1;
    const waitMs = backoffMs(failures - 1, Math.random());
    if (!isAside && failures >= TELL_AFTER_FAILURES) {
      tellConnection(self, { since: heardAt, retryAt: Date.now() + waitMs, retry: () => void connect() });
    }
    timer = setTimeout(() => void connect(), waitMs);
  };

  void connect();
  return self;
};
