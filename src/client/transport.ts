import { KeepwellApiError, notKeepwell, refusalOf } from './api-error.ts';
import { backoffMs, sleep } from './backoff.ts';

export type ClientOptions = {
  /** Base address, like `http://127.0.0.1:7900`; a path in it is kept. */
  url: string;
  /** Sent as `Authorization: Bearer`. A function is asked before each request. Without one: none, or the page's cookie. */
  token?: string | (() => string | null);
  /** Default: the global one. */
  fetch?: typeof fetch;
  /** Aborts every request, stream and wait of this client. */
  signal?: AbortSignal;
  /** How often what is safe is asked again. Default 2; 0 turns it off. */
  retries?: number;
  /** How long one try may take, its answer read. Default 30 000. Streams have no such end. */
  timeoutMs?: number;
};

/** What every method takes last. */
export type CallOptions = {
  /** Rejects with its reason. */
  signal?: AbortSignal;
  /** Instead of the client's. */
  timeoutMs?: number;
  /** Instead of the client's. */
  retries?: number;
};

type QueryValue = string | number | boolean | null | undefined;
export type Query = Record<string, QueryValue | readonly string[]>;

export type ApiRequest = {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Made by `pathOf`. */
  path: string;
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string | undefined>;
  /** Statuses that are an answer too. */
  also?: readonly number[];
};

export type Transport = {
  readonly signal: AbortSignal | undefined;
  /** Gives the answer to `read`, within the time that a try has. Throws `KeepwellApiError`, or a signal's reason. */
  ask<T>(request: ApiRequest, read: (response: Response) => Promise<T>, call?: CallOptions): Promise<T>;
  /** The JSON of the answer. */
  json<T>(request: ApiRequest, call?: CallOptions): Promise<T>;
  text(request: ApiRequest, call?: CallOptions): Promise<string>;
  /** An answer that has no end yet. One try. */
  open(request: ApiRequest, signal: AbortSignal): Promise<Response>;
};

const RETRIES = 2;
const TIMEOUT_MS = 30_000;
/** Nobody is kept waiting for longer than this: the error says how long it would be. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Asks one supervisor over HTTP.
 *
 * Asks again after a lost connection or 502–504 for what only reads, and after 429 or `NOT_READY` for everything: those
 * were refused before anything was done. Waits as `Retry-After` says.
 */
export const createTransport = (options: ClientOptions): Transport => {
  const base = options.url.replace(/\/+$/, '');
  const doFetch = options.fetch ?? ((input, init) => fetch(input, init));
  const { signal: outer } = options;

  const open = async (request: ApiRequest, signal: AbortSignal): Promise<Response> => {
    let response: Response;
    try {
      response = await doFetch(base + request.path + queryOf(request.query), {
        method: request.method,
        headers: headersOf(request, tokenOf(options.token)),
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        signal,
      });
    } catch (error) {
      throw failureOf(base, error, signal);
    }
    if (response.ok || request.also?.includes(response.status)) return response;
    throw await refusalOf(response);
  };

  const once = async <T>(
    request: ApiRequest,
    read: (response: Response) => Promise<T>,
    call: CallOptions,
  ): Promise<T> => {
    const time = AbortSignal.timeout(call.timeoutMs ?? options.timeoutMs ?? TIMEOUT_MS);
    const signal = AbortSignal.any([time, ...signalsOf(outer, call.signal)]);
    const response = await open(request, signal);
    try {
      return await read(response);
    } catch (error) {
      if (error instanceof SyntaxError) throw notKeepwell({ status: response.status, cause: error });
      throw failureOf(base, error, signal);
    }
  };

  const ask: Transport['ask'] = async (request, read, call = {}) => {
    const retries = call.retries ?? options.retries ?? RETRIES;
    for (let tried = 0; ; tried += 1) {
      try {
        return await once(request, read, call);
      } catch (error) {
        const waitMs = tried < retries ? waitBefore(request, error, tried) : null;
        if (waitMs === null) throw error;
        await sleep(waitMs, signalsOf(outer, call.signal));
      }
    }
  };

  return {
    signal: outer,
    ask,
    open,
    json: (request, call) => ask(request, readJson, call) as Promise<never>,
    text: (request, call) => ask(request, (response) => response.text(), call),
  };
};

/** `pathOf('workspaces', 'demo', 'plugins')` is `/workspaces/demo/plugins`, whatever the name holds. */
export const pathOf = (...steps: string[]): string => {
  const wrong = steps.find((step) => ['', '.', '..'].includes(step));
  // A URL knows no such step: the request would go elsewhere.
  if (wrong !== undefined) throw new TypeError(`"${wrong}" is no name.`);
  return steps.map((step) => `/${encodeURIComponent(step)}`).join('');
};

/** A generation as the header that asks for it. */
export const ifMatch = (generation: number | undefined) => ({
  'if-match': generation === undefined ? undefined : `"${generation}"`,
});

export const signalsOf = (...signals: (AbortSignal | undefined)[]): AbortSignal[] =>
  signals.filter((signal) => signal !== undefined);

const readJson = async (response: Response): Promise<unknown> => {
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
};

const tokenOf = (token: ClientOptions['token']): string | null =>
  (typeof token === 'function' ? token() : token) ?? null;

const headersOf = ({ body, headers = {} }: ApiRequest, token: string | null): Record<string, string> => {
  const all = {
    accept: 'application/json',
    authorization: token === null ? undefined : `Bearer ${token}`,
    'content-type': body === undefined ? undefined : 'application/json',
    ...headers,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
};

const queryOf = (query: Query = {}): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap((each) =>
        each === undefined || each === null ? [] : [[name, String(each)] as [string, string]],
      ),
  );
  const text = new URLSearchParams(pairs).toString();
  return text === '' ? '' : `?${text}`;
};

const failureOf = (base: string, error: unknown, signal: AbortSignal): unknown => {
  if (error instanceof KeepwellApiError) return error;
  const isLate = (signal.reason as Error | undefined)?.name === 'TimeoutError';
  if (signal.aborted && !isLate) return signal.reason;
  return new KeepwellApiError(isLate ? `${base} did not answer in time.` : `${base} cannot be reached.`, {
    status: 0,
    code: isLate ? 'TIMED_OUT' : 'UNREACHABLE',
    hint: isLate ? 'It may have been done all the same: look before you repeat it.' : 'Is it running?',
    cause: error,
  });
};

/** How long to wait before asking again; null where that is not safe, or of no use. */
const waitBefore = ({ method }: ApiRequest, error: unknown, tried: number): number | null => {
  if (!(error instanceof KeepwellApiError)) return null;
  const isReading = method === 'GET' || method === 'HEAD';
  const isUndone = error.status === 429 || error.code === 'NOT_READY';
  const mayPass = error.code === 'UNREACHABLE' || (error.status >= 502 && error.status <= 504);
  if (!isUndone && !(isReading && mayPass)) return null;
  const waitMs = error.retryAfterMs ?? backoffMs(tried);
  return waitMs <= LONGEST_WAIT_MS ? waitMs : null;
};
