import { setImmediate as nextTurn } from 'node:timers/promises';
import { Type } from 'typebox';
import { type DurationMs, MINUTE } from '../../../machines/time.ts';
import { parseDuration } from '../../durations.ts';
import { KeepwellError } from '../../errors.ts';
import type { Supervisor, WorkspaceBeats } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { everyWorkspace } from '../every-workspace.ts';
import { createIssues } from '../issues.ts';
import { DEFAULT_LIMIT } from '../paging.ts';
import { BacktestWire } from '../schemas/backtest.ts';
import { backtestToWire } from '../wire/backtest.ts';

/** So many workspaces are looked at in one request. */
const MOST_WORKSPACES = 1_000;
const DAY: DurationMs = 24 * 60 * MINUTE;
const LONGEST_SINCE: DurationMs = 366 * DAY;

const Query = Type.Object(
  {
    offline_after: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'the value to try, like 60s; without it: what is in force only',
      }),
    ),
    since: Type.Optional(Type.String({ maxLength: 40, default: '30d', description: 'how far to look back' })),
    workspace: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: 100,
        description: 'id or name, may be repeated; without it: all',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 0, maximum: MOST_WORKSPACES, default: DEFAULT_LIMIT })),
  },
  { additionalProperties: false },
);

/** GET /backtest: how many would have been taken for offline with another value, and how many of them wrongly. */
export const backtestRoute = (app: HttpApp, { supervisor, now }: HttpContext): void => {
  app.get(
    '/backtest',
    {
      config: {
        auth: 'reader',
        errors: ['BAD_DURATION', 'BACKTEST_TOO_LITTLE', 'WORKSPACE_NOT_FOUND', 'WORKSPACE_REMOVED'],
      },
      schema: {
        summary: 'Tries another `offline_after` on what was heard of agents',
        description:
          `Looks at ${MOST_WORKSPACES} workspaces at most, by name. Beats are known by the minute: for values below a minute several false ` +
          'ones that ended within the same minute count as one. Silence while Keepwell could not hear, or while an agent ' +
          'was not meant to run, does not count.',
        tags: ['watching'],
        querystring: Query,
        response: { 200: BacktestWire },
      },
    },
    async (request) => {
      const { workspace, limit = DEFAULT_LIMIT, ...lengths } = request.query;
      const { offlineAfterMs, sinceMs } = readLengths(lengths);
      const until = now();
      const since = until - sinceMs;
      const asked = [...new Set(workspace?.map((key) => supervisor.view(key).id) ?? everyId(supervisor))];
      const ids = asked.slice(0, MOST_WORKSPACES);
      await supervisor.settleBeats(ids);
      const records: WorkspaceBeats[] = [];
      for (const id of ids) {
        records.push(supervisor.beatRecord(id, since));
        // A month of beats is thousands of rows: others get their turn in between.
        await nextTurn();
      }
      if (records.every(({ beats }) => beats < 2)) throw new KeepwellError('BACKTEST_TOO_LITTLE');
      const leftOut = asked.length - records.length;
      return backtestToWire(records, { since, until, offlineAfterMs, leftOut, limit });
    },
  );
};

const everyId = (supervisor: Pick<Supervisor, 'list'>): string[] =>
  everyWorkspace(supervisor).map(({ id }) => id);

const readLengths = ({ offline_after, since = '30d' }: { offline_after?: string; since?: string }) => {
  const issues = createIssues();
  const offlineAfterMs =
    offline_after === undefined ? null : issues.attempt('query.offline_after', () => positive(offline_after));
  const sinceMs = issues.attempt('query.since', () => positive(since, LONGEST_SINCE));
  issues.throwIfAny();
  return { offlineAfterMs, sinceMs: sinceMs ?? 0 };
};

const positive = (text: string, longestMs?: DurationMs): DurationMs => {
  const lengthMs = parseDuration(text, longestMs);
  if (lengthMs > 0) return lengthMs;
  throw new KeepwellError('BAD_DURATION', { message: 'It has to be longer than nothing.' });
};
