import { KeepwellApiError } from './api-error.ts';
import { backoffMs, sleep } from './backoff.ts';
import { readEventStream, type StreamMessage } from './event-stream.ts';
import { type Query, signalsOf, type Transport } from './transport.ts';

export type StreamOptions = {
  /** Ends the stream; so does `break`. */
  signal?: AbortSignal;
  /** Open a lost connection again, and go on after what was seen last. Default true. */
  reconnect?: boolean;
  /** Told whenever the connection is there, and when it is lost. */
  onConnection?: (state: 'open' | 'lost') => void;
};

/** The supervisor says something every 15 s: a connection that is silent for so long is dead. */
const SILENT_FOR_MS = 45_000;

/**
 * Server-sent events as they come, those without data left out.
 *
 * A lost connection, also the first one, is opened again with growing waits, and continued by `Last-Event-ID`. Ends when
 * a signal aborts, and after a lost connection with `reconnect: false`. Throws `KeepwellApiError` when it is refused.
 *
 * @param after The id after which to begin; null leaves it to the supervisor.
 */
export async function* follow(
  transport: Transport,
  path: string,
  { query = {}, after, ...options }: StreamOptions & { query?: Query; after: string | null },
): AsyncGenerator<StreamMessage, void, undefined> {
  const own = new AbortController();
  const ends = signalsOf(transport.signal, options.signal, own.signal);
  const isOver = () => ends.some(({ aborted }) => aborted);
  let position = after;
  let failures = 0;
  let isLost = false;
  try {
    while (!isOver()) {
      const silence = watchSilence();
      try {
        const signal = AbortSignal.any([...ends, silence.signal]);
        const headers = { accept: 'text/event-stream', 'last-event-id': position ?? undefined };
        const response = await transport.open({ method: 'GET', path, query, headers }, signal);
        options.onConnection?.('open');
        isLost = false;
        for await (const message of readEventStream(chunksOf(response), silence.heard)) {
          failures = 0;
          position = message.id ?? position;
          if (message.data !== '') yield message;
        }
      } catch (error) {
        if (isOver()) return;
        if (error instanceof KeepwellApiError && (isRefusal(error) || options.reconnect === false))
          throw error;
      } finally {
        silence.end();
      }
      if (isOver() || options.reconnect === false) return;
      if (!isLost) options.onConnection?.('lost');
      isLost = true;
      await sleep(backoffMs(failures), ends).catch(() => {});
      failures += 1;
    }
  } finally {
    own.abort();
  }
}

/** The supervisor knows what it says; an absent, starting, busy or stopping one may be there soon. */
const isRefusal = ({ status }: KeepwellApiError): boolean => status >= 400 && status < 500 && status !== 429;

/** Not every browser can iterate a body. */
async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

const watchSilence = () => {
  const controller = new AbortController();
  const begin = () => setTimeout(() => controller.abort(), SILENT_FOR_MS);
  let timer = begin();
  return {
    signal: controller.signal,
    heard: () => {
      clearTimeout(timer);
      timer = begin();
    },
    end: () => clearTimeout(timer),
  };
};
