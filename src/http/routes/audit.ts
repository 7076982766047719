import { type Static, Type } from 'typebox';
import { parseDuration } from '../../durations.ts';
import type { AuditEntry } from '../../supervisor/audit-port.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, parseSeqCursor } from '../paging.ts';
import { AuditPage, AuditRow } from '../schemas/audit.ts';
import { iso } from '../schemas/nullable.ts';

/** GET /audit: who did what. A row says the hash of itself and of all before it. */
export const auditRoute = (app: HttpApp, { audit, now }: HttpContext): void => {
  if (audit === undefined) return;
  app.get(
    '/audit',
    {
      config: { auth: 'admin', errors: ['BAD_DURATION'] },
      schema: {
        summary: 'Lists who did what, the newest first',
        tags: ['access'],
        querystring: Type.Object(
          {
            ...pageQuery,
            who: Type.Optional(
              Type.String({ description: 'admin, viewer, relay, workspace, or the name or id of a token' }),
            ),
            workspace: Type.Optional(Type.String({ description: 'id or name' })),
            since: Type.Optional(Type.String({ description: 'how long ago, like 24h' })),
            refused: Type.Optional(Type.Boolean({ description: 'only what was refused' })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: AuditPage,
        },
      },
    },
    (request) => {
      const { limit = DEFAULT_LIMIT, cursor, who, workspace, since, refused } = request.query;
      const before = parseSeqCursor(cursor);
      const page = pageOf(
        limit,
        (count) =>
          audit.audit({
            limit: count,
            ...(before === null ? {} : { before }),
            ...(who === undefined ? {} : { who }),
            ...(workspace === undefined ? {} : { workspace }),
            ...(since === undefined ? {} : { since: now() - parseDuration(since, LONGEST_MS) }),
            ...(refused === undefined ? {} : { refused }),
          }),
        ({ seq }) => String(seq),
      );
      return { ...page, items: page.items.map(rowOf), head: audit.auditHead() };
    },
  );
};

const LONGEST_MS = 10 * 365 * 86_400_000;

const rowOf = ({ seq, at, act, hash }: AuditEntry): Static<typeof AuditRow> => ({
  seq,
  at: iso(at),
  who: act.who,
  from: act.from,
  what: act.what,
  workspace: act.workspace,
  request: act.request,
  status: act.status,
  code: act.code,
  details: act.details ?? null,
  hash,
});
