import { withDeadline } from './deadline.ts';
import { describeFailure, shorten } from './describe-failure.ts';
import type { Dismissal } from './exit-codes.ts';
import { parseRetryAfter } from './pace.ts';
import type { TokenSource } from './token-source.ts';

export type Answer =
  | { kind: 'accepted'; body: Record<string, unknown> }
  | { kind: 'dismissed'; why: Dismissal }
  /** Everything else; `final` when asking again in the same way cannot help. */
  | { kind: 'refused'; problem: string; retryAfterMs: number | null; final: boolean };

/** Neither method ever rejects. */
export type RegistryClient = {
  beat(body: Record<string, unknown>, signal: AbortSignal): Promise<Answer>;
  register(body: Record<string, unknown>, signal: AbortSignal): Promise<Answer>;
};

/**
 * Talks to the registry routes of a server.
 *
 * After a 401 the token is looked up again, and only if there is another one, asked again, once and at once.
 *
 * @param options.url Base address; a path in it is kept.
 * @param options.timeoutMs How long one request may take, its body included.
 */
export const createRegistryClient = (options: {
  url: string;
  tokens: TokenSource;
  fetch: typeof fetch;
  timeoutMs: number;
}): RegistryClient => {
  const base = options.url.replace(/\/+$/, '');

  const ask = async (path: string, body: Record<string, unknown>, outer: AbortSignal): Promise<Reply> =>
    withDeadline(options.timeoutMs, outer, async (signal) => {
      const token = options.tokens.current();
      const response = await options.fetch(`${base}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
        // A redirect would carry the token to another place.
        redirect: 'manual',
        signal,
      });
      return { status: response.status, headers: response.headers, body: parse(await response.text()) };
    });

  const post = async (path: string, body: Record<string, unknown>, signal: AbortSignal): Promise<Answer> => {
    try {
      const reply = await ask(path, body, signal);
      if (reply.status !== 401 || !(await options.tokens.reread())) return judge(reply);
      return judge(await ask(path, body, signal));
    } catch (error) {
      return { kind: 'refused', problem: describeFailure(error), retryAfterMs: null, final: false };
    }
  };

  return {
    beat: (body, signal) => post('/registry/heartbeat', body, signal),
    register: (body, signal) => post('/registry/register', body, signal),
  };
};

type Reply = { status: number; headers: Headers; body: Record<string, unknown> };

// Something between us and the server may answer 404 or 409 of its own: only the server's codes end an agent.
const judge = ({ status, headers, body }: Reply): Answer => {
  if (status >= 200 && status < 300) return { kind: 'accepted', body };
  if (status === 409 && body.code === 'STALE_INCARNATION') return { kind: 'dismissed', why: 'replaced' };
  if (status === 404 && body.code === 'WORKSPACE_NOT_FOUND') return { kind: 'dismissed', why: 'unknown' };
  if (status === 410) return { kind: 'dismissed', why: 'removed' };
  const sentence = typeof body.error === 'string' ? `: ${body.error}` : '';
  return {
    kind: 'refused',
    problem: shorten(`${status}${sentence}`),
    retryAfterMs: parseRetryAfter(headers),
    final: status >= 400 && status < 500 && status !== 401 && status !== 408 && status !== 429,
  };
};

const parse = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};
