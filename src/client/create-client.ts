import { createAdministration } from './administration.ts';
import { createAgent } from './agent.ts';
import { createCatalogue } from './catalogue.ts';
import { follow, type StreamOptions } from './follow.ts';
import { followJournal, type JournalQuery } from './journal.ts';
import { type CallOptions, type ClientOptions, createTransport } from './transport.ts';
import type {
  Applied,
  ApplyBody,
  Backtest,
  Health,
  JournalPage,
  JournalRow,
  Plan,
  SupervisorView,
  WorkspaceDocument,
} from './types.ts';
import { createWorkspaces } from './workspaces.ts';

type BacktestQuery = {
  /** The value to try, like `60s`. */
  offline_after?: string;
  /** How far to look back, like `30d`, the default. */
  since?: string;
  /** Ids or names; all by default. */
  workspace?: string[];
  limit?: number;
};

/**
 * A client of one Keepwell supervisor, for Node, Deno, Bun and browsers: it needs `fetch` and nothing else.
 *
 * Every method takes `{ signal, timeoutMs, retries }` last, resolves to the answer's body as the API has it, and rejects with
 * `KeepwellApiError` (`status`, `code`, `hint`, `details`, `requestId`) or the reason of the signal that aborted it. What
 * only reads is asked again when the connection fails, and everything when it was refused with 429 or `NOT_READY`.
 *
 * @throws {TypeError} from a method that is given a name such as `..`
 */
export const createClient = (options: ClientOptions) => {
  const transport = createTransport(options);
  const get =
    <T>(path: string) =>
    (call?: CallOptions): Promise<T> =>
      transport.json({ method: 'GET', path }, call);
  return {
    workspaces: createWorkspaces(transport),
    ...createCatalogue(transport),
    ...createAdministration(transport),
    agent: createAgent(transport),

    /** What making one workspace exactly as a document says would do. Changes nothing. */
    plan: (document: WorkspaceDocument, call?: CallOptions): Promise<Plan> =>
      transport.json({ method: 'POST', path: '/plan', body: document }, call),
    /** Makes workspaces as documents say. `complete` is false where some could not be changed: the same call goes on. */
    apply: (body: ApplyBody, call?: CallOptions): Promise<Applied> =>
      transport.json({ method: 'POST', path: '/apply', body }, call),

    /** Journal rows of all workspaces, or of one, as they are written; across lost connections and restarts. */
    events: ({
      workspace,
      ...stream
    }: StreamOptions & { after?: number; workspace?: string } = {}): AsyncGenerator<JournalRow> =>
      followJournal(transport, '/events', { ...stream, query: { workspace } }),
    /** One page of the journal, the oldest rows first by default. */
    journal: (query: JournalQuery & { workspace?: string } = {}, call?: CallOptions): Promise<JournalPage> =>
      transport.json({ method: 'GET', path: '/events', query }, call),
    /** `fleet`, then `changes`, as they come; `data` is JSON. */
    fleet: (stream: StreamOptions = {}) => follow(transport, '/fleet', { ...stream, after: null }),

    /** How the supervisor itself is. */
    supervisor: get<SupervisorView>('/supervisor'),
    /** Tries another `offline_after` on what was heard of agents. */
    backtest: (query: BacktestQuery = {}, call?: CallOptions): Promise<Backtest> =>
      transport.json({ method: 'GET', path: '/backtest', query }, call),
    health: get<Health>('/health'),
    alive: get<{ status: 'ok' }>('/healthz'),
    /** Rejects with `NOT_READY` (503), why in its details, while it cannot work. */
    ready: (call?: CallOptions): Promise<{ ready: true }> =>
      transport.json({ method: 'GET', path: '/readyz' }, { retries: 0, ...call }),
    buildInfo: get<Record<string, string>>('/buildinfo'),
    /** In the form that Prometheus reads. */
    metrics: (call?: CallOptions): Promise<string> =>
      transport.text({ method: 'GET', path: '/metrics', headers: { accept: 'text/plain' } }, call),
    /** The OpenAPI 3.1 document. */
    openapi: get<Record<string, unknown>>('/openapi.json'),
  };
};

export type KeepwellClient = ReturnType<typeof createClient>;
