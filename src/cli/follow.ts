import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from './cli-error.ts';
import type { Client, Query } from './client.ts';
import { readEventStream } from './event-stream.ts';
import { EXIT } from './exit-codes.ts';
import type { WireRow } from './wire.ts';

export type Followed =
  | { kind: 'row'; row: WireRow }
  | { kind: 'lost' }
  | { kind: 'connected'; again: boolean };

type Options = {
  /** The last row that is known already; null to begin with what happens from now on. */
  after: number | null;
  query?: Query;
  signal: AbortSignal;
  /** Also bear with a supervisor that is not there at the first try. */
  patient: boolean;
};

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3_000;
/** A connection that is silent for so long, pings included, is taken for dead. */
const SILENT_FOR_MS = 60_000;

/**
 * Journal rows as they are written, each exactly once and in order.
 *
 * A lost connection is told, opened again with growing waits, and continued after the last row that was seen. Ends
 * when `signal` aborts or Ctrl-C is pressed; throws when the supervisor refuses (`CliError`).
 */
export async function* followRows(client: Client, path: string, options: Options): AsyncGenerator<Followed> {
  const { query = {}, patient } = options;
  const signal = AbortSignal.any([options.signal, client.interrupted]);
  let { after } = options;
  let wasConnected = patient;
  let isLost = false;
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const silence = watchSilence(signal);
    try {
      const response = await client.open(path, {
        query: { ...query, after },
        headers: {
          accept: 'text/event-stream',
          ...(after === null ? {} : { 'last-event-id': String(after) }),
        },
        signal: silence.signal,
      });
      yield { kind: 'connected', again: isLost };
      wasConnected = true;
      isLost = false;
      for await (const { id, data } of readEventStream(response.body ?? emptyBody(), silence.heard)) {
        waitMs = FIRST_WAIT_MS;
        // The server's position: where an empty journal begins, or the end of one that was restored from a backup.
        if (data === '' && /^\d+$/.test(id ?? '')) after = Number(id);
        const row = readRow(data);
        if (row === null || (after !== null && row.seq <= after)) continue;
        after = row.seq;
        yield { kind: 'row', row };
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

const readRow = (data: string): WireRow | null => {
  try {
    const row = JSON.parse(data) as WireRow | null;
    return typeof row?.seq === 'number' ? row : null;
  } catch {
    return null;
  }
};

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
