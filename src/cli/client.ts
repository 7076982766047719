import { CliError, usageError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import type { WireError, WirePage } from './wire.ts';

type QueryValue = string | number | boolean | null | undefined;
/** A list is a parameter that is repeated. */
export type Query = Record<string, QueryValue | readonly string[]>;
/** `withinMs`: how long to wait for the answer, 30 s by default. */
type Send = { body?: unknown; query?: Query; headers?: Record<string, string>; withinMs?: number };

export type Client = {
  readonly url: string;
  /** Aborted by Ctrl-C, and every request with it. */
  readonly interrupted: AbortSignal;
  get<T>(path: string, query?: Query): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, request?: Send): Promise<T>;
  /** The first `most` items of a list, page after page; all by default. */
  all<T>(path: string, query?: Query, most?: number): Promise<T[]>;
  /** An answer that has no end yet; ends when `signal` aborts. */
  open(
    path: string,
    options: { query?: Query; headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<Response>;
};

/** Asked before each request: a supervisor that comes back may listen elsewhere. */
export type Locate = () => { url: string; token: string | null };

const ANSWER_WITHIN_MS = 30_000;
const PAGE = 1_000;

/** Talks to the supervisor. Throws a `CliError` that says whether it refused, knows no such thing, or was not there. */
export const createClient = (locate: Locate, interrupted: AbortSignal): Client => {
  const call = async (method: string, path: string, { body, query, headers }: Send, signal: AbortSignal) => {
    const { url, token } = locate();
    const target = addressOf(url, path, query);
    let response: Response;
    try {
      response = await fetch(target, {
        method,
        signal,
        headers: {
          accept: 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw unreachable(url, error);
    }
    if (response.ok) return response;
    throw await refusal(url, response);
  };
  const answer = async <T>(method: string, path: string, request: Send): Promise<T> => {
    const { withinMs = ANSWER_WITHIN_MS } = request;
    const signal = AbortSignal.any([interrupted, AbortSignal.timeout(withinMs)]);
    const response = await call(method, path, request, signal);
    try {
      const text = await response.text();
      return (text === '' ? null : JSON.parse(text)) as T;
    } catch (error) {
      if (error instanceof SyntaxError) throw notKeepwell(locate().url);
      throw unreachable(locate().url, error);
    }
  };
  const get = <T>(path: string, query: Query = {}) => answer<T>('GET', path, { query });
  return {
    get url() {
      return locate().url;
    },
    interrupted,
    get,
    send: (method, path, request = {}) => answer(method, path, request),
    async all<T>(path: string, query: Query = {}, most = Number.POSITIVE_INFINITY) {
      const items: T[] = [];
      let cursor: string | number | null = null;
      do {
        const limit = Math.min(PAGE, most - items.length);
        const page: WirePage<T> = await get(path, { ...query, limit, cursor });
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && items.length < most);
      return items;
    },
    open: (path, { signal, query = {}, headers = {} }) =>
      call('GET', path, { query, headers }, AbortSignal.any([interrupted, signal])),
  };
};

/** `workspacePath('demo', 'plugins')` is `/workspaces/demo/plugins`, whatever the name holds. */
export const workspacePath = (...names: string[]): string => {
  // A URL knows no such step: the request would go elsewhere.
  const wrong = names.find((name) => ['', '.', '..'].includes(name));
  if (wrong !== undefined) throw usageError(`"${wrong}" is not a name.`, '`keepwell ls` lists workspaces.');
  return ['/workspaces', ...names.map(encodeURIComponent)].join('/');
};

const addressOf = (url: string, path: string, query: Query = {}): string => {
  const given = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((each) => [name, each] as const),
  );
  const search = new URLSearchParams(
    given
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return `${url}${path}${search === '' ? '' : `?${search}`}`;
};

const refusal = async (url: string, response: Response): Promise<CliError> => {
  const told = await response.json().catch(() => null);
  if (!isWireError(told)) return notKeepwell(url, response.status);
  const { error, code, hint = null, details } = told;
  const isMissing = (response.status === 404 && code !== 'ROUTE_NOT_FOUND') || response.status === 410;
  const exitCode = isMissing ? EXIT.notFound : EXIT.failed;
  if (code !== 'UNAUTHORIZED') return new CliError(error, { code, hint, details, exitCode });
  const where =
    'Give --token or KEEPWELL_ADMIN_TOKEN, or --data of the supervisor; it keeps it in admin-token.';
  return new CliError(error, { code, hint: where, details, exitCode });
};

const isWireError = (told: unknown): told is WireError =>
  typeof told === 'object' &&
  told !== null &&
  'error' in told &&
  'code' in told &&
  typeof told.error === 'string';

const notKeepwell = (url: string, status?: number): CliError =>
  new CliError(`What answers at ${url} is not Keepwell${status ? ` (status ${status})` : ''}.`, {
    code: 'NOT_KEEPWELL',
    exitCode: EXIT.unreachable,
    hint: 'Check --url or KEEPWELL_URL.',
  });

const unreachable = (url: string, error: unknown): CliError => {
  const { code, message } = (error as { cause?: { code?: string; message?: string } }).cause ?? {};
  const isLate = (error as Error).name === 'TimeoutError';
  const why = isLate ? `no answer in time` : (WORDS[code ?? ''] ?? message ?? String(error));
  return new CliError(`The supervisor at ${url} cannot be reached: ${why}.`, {
    code: 'UNREACHABLE',
    exitCode: EXIT.unreachable,
    hint: '`keepwell up` starts it; --url or KEEPWELL_URL says where it is.',
  });
};

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  UND_ERR_SOCKET: 'connection lost',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'unknown host',
  ETIMEDOUT: 'connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
};
