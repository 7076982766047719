import { follow, type StreamOptions } from './follow.ts';
import { followJournal, type JournalQuery } from './journal.ts';
import { settled, type WaitOptions } from './settled.ts';
import { type CallOptions, ifMatch, pathOf, type Transport } from './transport.ts';
import type {
  Connection,
  JournalPage,
  JournalRow,
  Moment,
  Rotated,
  Secrets,
  Why,
  WorkspaceCreated,
  WorkspaceDetail,
  WorkspaceDocument,
  WorkspacePage,
  WorkspaceSpec,
  WorkspaceStatus,
  WorkspaceSummary,
} from './types.ts';
import { createWorkspacePlugins } from './workspace-plugins.ts';

type ListQuery = { status?: WorkspaceStatus; limit?: number; cursor?: string | null };
type CreateOptions = CallOptions & {
  /** A repeated request with the same key creates nothing new. */
  idempotencyKey?: string;
  /** Resolve when it is settled, see `settled`; by default as soon as it is on disk. */
  wait?: boolean | WaitOptions;
};
/** The generation that is to be changed, and no other: `GENERATION_CONFLICT` (412) when another is in force. */
type ChangeOptions = CallOptions & { ifGeneration?: number };

/** A change of a spec (RFC 7396): what is left out stays, null removes. */
export type WorkspacePatch = { [K in keyof WorkspaceSpec]?: WorkspaceSpec[K] | null };

/**
 * Workspaces. `key` is an id or a name. What does not exist is `WORKSPACE_NOT_FOUND` (404), what was removed
 * `WORKSPACE_REMOVED` (410), and what the state forbids `STATE_CONFLICT` (409).
 */
export const createWorkspaces = (transport: Transport) => {
  const of = (key: string, ...rest: string[]) => pathOf('workspaces', key, ...rest);
  const get = (key: string, call?: CallOptions): Promise<WorkspaceDetail> =>
    transport.json({ method: 'GET', path: of(key) }, call);
  const list = (query: ListQuery = {}, call?: CallOptions): Promise<WorkspacePage> =>
    transport.json({ method: 'GET', path: '/workspaces', query }, call);
  const verb =
    (name: string) =>
    (key: string, call?: CallOptions): Promise<WorkspaceDetail> =>
      transport.json({ method: 'POST', path: of(key, name) }, call);

  return {
    /** One page, by name; the next one begins at `next_cursor`. */
    list,
    /** All of them, page after page. */
    async *all({
      status,
      ...call
    }: CallOptions & { status?: WorkspaceStatus } = {}): AsyncGenerator<WorkspaceSummary> {
      let cursor: string | null = null;
      do {
        const page: WorkspacePage = await list({ ...(status && { status }), limit: 1_000, cursor }, call);
        yield* page.items;
        cursor = page.next_cursor;
      } while (cursor !== null);
    },
    get,
    /** Creates a workspace and starts its agent. The token in the answer is shown this once. */
    async create(
      document: WorkspaceDocument,
      { idempotencyKey, wait = false, ...call }: CreateOptions = {},
    ): Promise<WorkspaceCreated> {
      const headers = { 'idempotency-key': idempotencyKey };
      const created: WorkspaceCreated = await transport.json(
        { method: 'POST', path: '/workspaces', headers, body: document },
        call,
      );
      if (wait === false) return created;
      const options = { ...call, ...(wait === true ? {} : wait) };
      return { ...created, ...(await settled(get, transport.signal, created.id, options)) };
    },
    patch: (
      key: string,
      patch: WorkspacePatch,
      { ifGeneration, ...call }: ChangeOptions = {},
    ): Promise<WorkspaceDetail> =>
      transport.json({ method: 'PATCH', path: of(key), headers: ifMatch(ifGeneration), body: patch }, call),
    /** Removes it for good; `purge` deletes its files too. */
    remove: (
      key: string,
      { purge, ...call }: CallOptions & { purge?: boolean } = {},
    ): Promise<{ status: 'removed'; id: string }> =>
      transport.json({ method: 'DELETE', path: of(key), query: { purge } }, call),
    /** Waits until it is online with all its plugins. Throws `KeepwellApiError` when it will not get there by itself. */
    settled: (key: string, options?: WaitOptions): Promise<WorkspaceDetail> =>
      settled(get, transport.signal, key, options),

    restart: verb('restart'),
    /** Stops the agent until `resume`. */
    pause: verb('pause'),
    resume: verb('resume'),
    /** Stops the agent until `wake`. */
    hibernate: verb('hibernate'),
    /** Starts a hibernated agent again; with `wait`, like `30s`, answers once it is there or the time is over. */
    wake: (key: string, { wait, ...call }: CallOptions & { wait?: string } = {}): Promise<WorkspaceDetail> =>
      transport.json({ method: 'POST', path: of(key, 'wake'), query: { wait } }, call),
    /** Tries again what was given up. */
    retry: verb('retry'),
    reconcile: verb('reconcile'),
    /** Breaks the agent of a demo; null mends it. */
    misbehave: (key: string, how: string | null, call?: CallOptions): Promise<WorkspaceDetail> =>
      transport.json({ method: 'POST', path: of(key, 'misbehave'), body: { how } }, call),

    /** The state, the rule that put it there, what moves it next, and what can be done. */
    why: (key: string, call?: CallOptions): Promise<Why> =>
      transport.json({ method: 'GET', path: of(key, 'why') }, call),
    /** One page of its journal, the newest first by default. */
    history: (key: string, query: JournalQuery = {}, call?: CallOptions): Promise<JournalPage> =>
      transport.json({ method: 'GET', path: of(key, 'history'), query }, call),
    /** Its journal as it is written; see `client.events`. */
    events: (key: string, options?: StreamOptions & { after?: number }): AsyncGenerator<JournalRow> =>
      followJournal(transport, of(key, 'history'), options),
    /** Where it is in its machine, or was when row `at` of the journal was written. */
    machine: (key: string, { at, ...call }: CallOptions & { at?: number } = {}): Promise<Moment> =>
      transport.json({ method: 'GET', path: of(key, 'machine'), query: { at } }, call),
    /** The way there as a test for vitest. */
    machineTest: (key: string, { at, ...call }: CallOptions & { at?: number } = {}): Promise<string> =>
      transport.text({ method: 'GET', path: of(key, 'machine', 'test'), query: { at } }, call),
    /** `moment`, `journal` and `beat` as they come; `data` is JSON. */
    live: (key: string, options: StreamOptions = {}) =>
      follow(transport, of(key, 'live'), { ...options, after: null }),
    /** The last lines that its instance printed, 100 by default, 10 000 at most. */
    logs: (key: string, { tail, ...call }: CallOptions & { tail?: number } = {}): Promise<string> =>
      transport.text({ method: 'GET', path: of(key, 'logs'), query: { tail } }, call),
    /** Lines as they are printed. After a lost connection only new ones. */
    async *followLogs(
      key: string,
      { tail, ...options }: StreamOptions & { tail?: number } = {},
    ): AsyncGenerator<string> {
      const query: { tail?: number | undefined; follow: boolean } = { tail, follow: true };
      const onConnection: StreamOptions['onConnection'] = (state) => {
        if (state === 'lost') query.tail = 0;
        options.onConnection?.(state);
      };
      const path = of(key, 'logs');
      for await (const { data } of follow(transport, path, { ...options, onConnection, query, after: null }))
        yield data;
    },

    /** What an external agent needs, but for its token. */
    connection: (key: string, call?: CallOptions): Promise<Connection> =>
      transport.json({ method: 'GET', path: of(key, 'connection') }, call),
    /** A new token for an external agent; the old one is good for `overlap` yet, `10m` by default. */
    rotateToken: (
      key: string,
      { overlap, ...call }: CallOptions & { overlap?: string } = {},
    ): Promise<Rotated> =>
      transport.json(
        { method: 'POST', path: of(key, 'token', 'rotate'), body: overlap === undefined ? {} : { overlap } },
        call,
      ),
    secrets: {
      /** Names, never values. */
      list: (key: string, call?: CallOptions): Promise<Secrets> =>
        transport.json({ method: 'GET', path: of(key, 'secrets') }, call),
      /** All or none; null takes one away. */
      set: (key: string, values: Record<string, string | null>, call?: CallOptions): Promise<Secrets> =>
        transport.json({ method: 'PUT', path: of(key, 'secrets'), body: { values } }, call),
      remove: (key: string, name: string, call?: CallOptions): Promise<Secrets> =>
        transport.json({ method: 'DELETE', path: of(key, 'secrets', name) }, call),
    },
    plugins: createWorkspacePlugins(transport, of),
  };
};
