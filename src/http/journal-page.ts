import { Type } from 'typebox';
import type { Supervisor } from '../supervisor/api.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, parseSeqCursor } from './paging.ts';
import { journalRowOf } from './schemas/journal.ts';
import { Words } from './schemas/nullable.ts';

type Order = 'asc' | 'desc';
type Query = { limit?: number; cursor?: string; after?: number; order?: Order };

/** The query of everything that reads the journal. */
export const journalQuery = (defaultOrder: Order) => ({
  ...pageQuery,
  after: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'only what came after this sequence number',
    }),
  ),
  order: Type.Optional(Words(['asc', 'desc'], { default: defaultOrder })),
});

/** One page of the journal of a workspace, or of everybody's with null. */
export const journalPage = (
  supervisor: Supervisor,
  workspaceId: string | null,
  query: Query,
  order: Order,
) => {
  const { limit = DEFAULT_LIMIT, cursor, after } = query;
  const seen = parseSeqCursor(cursor);
  const bounds = {
    ...(order === 'asc' ? { after: seen ?? after ?? 0 } : after === undefined ? {} : { after }),
    ...(order === 'desc' && seen !== null ? { before: seen } : {}),
  };
  const page = pageOf(
    limit,
    (count) => supervisor.journal(workspaceId, { ...bounds, limit: count, order }),
    ({ seq }) => String(seq),
  );
  return { ...page, items: page.items.map(journalRowOf), last_seq: supervisor.lastSeq() };
};
