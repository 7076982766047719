import type { Client, Query } from './client.ts';
import { followStream } from './follow-stream.ts';
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

/** Journal rows as they are written, each exactly once and in order, through lost connections; see `followStream`. */
export async function* followRows(client: Client, path: string, options: Options): AsyncGenerator<Followed> {
  const { query = {}, patient, signal } = options;
  let { after } = options;
  const streamed = followStream(client, path, {
    position: () => (after === null ? null : String(after)),
    query: () => ({ ...query, after }),
    signal,
    patient,
  });
  for await (const each of streamed) {
    if (each.kind !== 'message') {
      yield each;
      continue;
    }
    // The server's position: where an empty journal begins, or the end of one that was restored from a backup.
    if (each.data === '' && /^\d+$/.test(each.id ?? '')) after = Number(each.id);
    const row = readRow(each.data);
    if (row === null || (after !== null && row.seq <= after)) continue;
    after = row.seq;
    yield { kind: 'row', row };
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
