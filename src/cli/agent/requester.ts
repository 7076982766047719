import { withDeadline } from './deadline.ts';
import type { TokenSource } from './token-source.ts';

export type AgentRequest = {
  method: 'GET' | 'POST';
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  /** How long it may take, reading its answer included. */
  timeoutMs: number;
};

/** Sends a request and gives its answer to `read`. Rejects when the server cannot be reached, or not in time. */
export type Requester = <T>(
  request: AgentRequest,
  read: (response: Response, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
) => Promise<T>;

/**
 * Asks a server in the name of a workspace.
 *
 * After a 401 the token is looked up again, and only if there is another one, asked again, once and at once.
 *
 * @param options.url Base address; a path in it is kept.
 */
export const createRequester = (options: {
  url: string;
  tokens: TokenSource;
  fetch: typeof fetch;
}): Requester => {
  const { tokens } = options;
  const base = options.url.replace(/\/+$/, '');

  const send = ({ method, path, body, headers }: AgentRequest, signal: AbortSignal): Promise<Response> => {
    const token = tokens.current();
    return options.fetch(`${base}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the token to another place.
      redirect: 'manual',
      signal,
    });
  };

  const once = <T>(
    request: AgentRequest,
    read: (response: Response, signal: AbortSignal) => Promise<T>,
    outer: AbortSignal,
  ): Promise<{ status: number; value: T }> =>
    withDeadline(request.timeoutMs, outer, async (signal) => {
      const response = await send(request, signal);
      try {
        return { status: response.status, value: await read(response, signal) };
      } finally {
        // What was not read would keep the connection.
        if (!response.bodyUsed) await response.body?.cancel().catch(() => {});
      }
    });

  return async (request, read, signal) => {
    const first = await once(request, read, signal);
    if (first.status !== 401 || !(await tokens.reread())) return first.value;
    return (await once(request, read, signal)).value;
  };
};

/** A body as an object; an empty one when it is anything else. */
export const readObject = async (response: Response): Promise<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(await response.text());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
};
