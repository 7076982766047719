/** An answer of a server under test. `body` is its JSON object, or an empty one when it is something else. */
export type Reply = {
  status: number;
  body: Record<string, unknown>;
  text: string;
  headers: Headers;
  /** The first bytes of the body as they came. */
  bytes: Uint8Array;
};

export type Request = {
  /** Sent as a bearer token; null for none. */
  token?: string | null;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  raw?: string;
  headers?: Record<string, string>;
};

export type Http = (method: string, path: string, request?: Request) => Promise<Reply>;

const ANSWER_WITHIN_MS = 15_000;

/** Asks the server at `url`. Rejects only when it does not answer; a refusal is a reply like any other. */
export const createHttp =
  (url: string, signal: AbortSignal): Http =>
  async (method, path, { token = null, body, raw, headers = {} } = {}) => {
    const content = raw ?? (body === undefined ? null : JSON.stringify(body));
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        accept: 'application/json, */*;q=0.5',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(content === null ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content === null ? {} : { body: content }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    return { status: response.status, body: asObject(text), text, headers: response.headers, bytes };
  };

/** What is at a path like `plugins.installed`; undefined where there is nothing. */
export const field = (body: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return (value as Record<string, unknown>)[name];
  }, body);

/** A list at a path; empty where there is none. */
export const listAt = (body: unknown, path: string): Record<string, unknown>[] => {
  const found = field(body, path);
  return Array.isArray(found) ? (found as Record<string, unknown>[]) : [];
};

/** A refusal in a few words. */
export const told = ({ status, body, text }: Reply): string => {
  const { code, error } = body;
  if (status < 300) return `${status} ${text.slice(0, 200)}`.trim();
  return [String(status), code, error].filter((part) => typeof part === 'string').join(' ');
};

const asObject = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};
