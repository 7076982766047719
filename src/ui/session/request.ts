import { syncClockBySecond } from '../live/clock.ts';
import { signedOut } from './session.ts';

/** What the server refused, in its own words. `status` is 0 when it was not reached. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, code: string, message: string, hint: string | null, retryAfter: number | null) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.retryAfterSeconds = retryAfter;
  }
}

type Options = { method?: string; body?: unknown; signal?: AbortSignal; as?: 'json' | 'text' };

/**
 * Asks the server for something. A 401 ends the session, except where `path` is the session itself.
 * @throws {RequestError}
 */
export const request = async <T = unknown>(path: string, options: Options = {}): Promise<T> => {
  const { method = 'GET', body, signal, as = 'json' } = options;
  const response = await send(path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.ok) {
    if (response.status === 204) return undefined as T;
    return (await (as === 'text' ? response.text() : response.json())) as T;
  }
  if (response.status === 401 && path !== '/session') signedOut();
  throw await refusalOf(response);
};

/** Moments, names and hints of a path come from people: everything is escaped. */
export const workspacePath = (name: string, rest = ''): string =>
  `/workspaces/${encodeURIComponent(name)}${rest}`;

const send = async (path: string, init: RequestInit): Promise<Response> => {
  try {
    const response = await fetch(path, init);
    syncClockBySecond(response.headers.get('date'));
    return response;
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new RequestError(0, 'UNREACHABLE', 'Keepwell does not answer.', 'Is it running?', null);
  }
};

const refusalOf = async (response: Response): Promise<RequestError> => {
  const said = (await response.json().catch(() => ({}))) as { error?: string; code?: string; hint?: string };
  return new RequestError(
    response.status,
    said.code ?? `HTTP_${response.status}`,
    said.error ?? `The server answered ${response.status}.`,
    said.hint ?? null,
    Number(response.headers.get('retry-after')) || null,
  );
};
