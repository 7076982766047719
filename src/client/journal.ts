import { follow, type StreamOptions } from './follow.ts';
import type { Query, Transport } from './transport.ts';
import type { JournalRow } from './types.ts';

export type JournalQuery = {
  /** 1 to 1 000, default 100. */
  limit?: number;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
  /** Only what came after this sequence number. */
  after?: number;
  order?: 'asc' | 'desc';
};

/**
 * Journal rows as they are written, each once, also across a supervisor's restart.
 *
 * @param options.after Begin after this sequence number; by default with what happens from now on.
 */
export async function* followJournal(
  transport: Transport,
  path: string,
  { after, query = {}, ...options }: StreamOptions & { after?: number | undefined; query?: Query } = {},
): AsyncGenerator<JournalRow, void, undefined> {
  const begin = after === undefined ? null : String(after);
  for await (const { data } of follow(transport, path, { ...options, query, after: begin })) {
    yield JSON.parse(data) as JournalRow;
  }
}
