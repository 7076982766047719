import { describeFailure, shorten } from './describe-failure.ts';
import type { Dismissal } from './exit-codes.ts';
import { parseRetryAfter } from './pace.ts';
import { type Requester, readObject } from './requester.ts';

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
 * @param timeoutMs How long one request may take, its body included.
 */
export const createRegistryClient = (request: Requester, timeoutMs: number): RegistryClient => {
  const post = async (path: string, body: Record<string, unknown>, signal: AbortSignal): Promise<Answer> => {
    try {
      return judge(await request({ method: 'POST', path, body, timeoutMs }, readReply, signal));
    } catch (error) {
      return { kind: 'refused', problem: describeFailure(error), retryAfterMs: null, final: false };
    }
  };

  return {
    beat: (body, signal) => post('/registry/heartbeat', body, signal),
    register: (body, signal) => post('/registry/register', body, signal),
  };
};

export type Reply = { status: number; headers: Headers; body: Record<string, unknown> };

export const readReply = async (response: Response): Promise<Reply> => ({
  status: response.status,
  headers: response.headers,
  body: await readObject(response),
});

/** Something between us and the server may answer 404 or 409 of its own: only the server's codes end an agent. */
export const judge = ({ status, headers, body }: Reply): Answer => {
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
