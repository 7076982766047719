import { setTimeout as delay } from 'node:timers/promises';
import { readEventStream, type StreamMessage } from '../client/event-stream.ts';
import { CliError } from './cli-error.ts';
import type { Client, Query } from './client.ts';
import { EXIT } from './exit-codes.ts';

export type Streamed =
  | ({ kind: 'message' } & StreamMessage)
  | { kind: 'lost' }
  | { kind: 'connected'; again: boolean };

type Options = {
  /** The id of the last message that was seen; asked for at every connection. Null for none. */
  position: () => string | null;
  query?: () => Query;
  signal: AbortSignal;
  /** Also bear with a supervisor that is not there at the first try. */
  patient: boolean;
};

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3_000;
/** A connection that is silent for so long, pings included, is taken for dead. */
const SILENT_FOR_MS = 60_000;

/**
 * Server-sent events as they come.
 *
 * A lost connection is told, opened again with growing waits, and continued after `position`. Ends when `signal`
 * aborts or Ctrl-C is pressed; throws when the supervisor refuses (`CliError`).
 */
export async function* followStream(
  client: Client,
  path: string,
  options: Options,
): AsyncGenerator<Streamed> {
  const signal = AbortSignal.any([options.signal, client.interrupted]);
  let wasConnected = options.patient;
  let isLost = false;
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const silence = watchSilence(signal);
    const position = options.position();
    try {
      const response = await client.open(path, {
        query: options.query?.() ?? {},
        headers: {
          accept: 'text/event-stream',
          ...(position === null ? {} : { 'last-event-id': position }),
        },
        signal: silence.signal,
      });
      yield { kind: 'connected', again: isLost };
      wasConnected = true;
      isLost = false;
      for await (const message of readEventStream(response.body ?? emptyBody(), silence.heard)) {
        waitMs = FIRST_WAIT_MS;
        yield { kind: 'message', ...message };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isDefinite(error) || !wasConnected) throw error;
    } finally {
      silence.end();
    }
    if (signal.aborted) return;
    if (!isLost) yield { kind: 'lost' };
    isLost = true;
    await delay(waitMs, undefined, { signal }).catch(() => {});
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}

/** A refusal stays one; an absent, starting or stopping supervisor may be there soon. */
const isDefinite = (error: unknown): boolean =>
  error instanceof CliError && error.exitCode !== EXIT.unreachable && error.code !== 'NOT_READY';

const watchSilence = (outer: AbortSignal) => {
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(), SILENT_FOR_MS);
  return {
    signal: AbortSignal.any([outer, own.signal]),
    heard: () => void timer.refresh(),
    end: () => clearTimeout(timer),
  };
};

async function* emptyBody(): AsyncGenerator<Uint8Array> {}
