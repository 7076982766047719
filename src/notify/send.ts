import type { DurationMs } from '../../machines/time.ts';
import type { Send } from './delivery.ts';
import { type Outgoing, type Receiver, requestFor } from './requests.ts';

const ANSWER_WITHIN_MS: DurationMs = 10_000;
/** So much of an answer is looked at, for what a message is called. */
const MOST_BYTES = 16_384;

/**
 * Sends letters over HTTP.
 *
 * Targets are the administrator's own, so any http or https address may be one, also of this machine. Redirects are
 * not followed, nothing of an answer is shown but its status, and an address is never part of what went wrong.
 */
export const createSend =
  (targets: ReadonlyMap<string, Receiver>): Send =>
  async (name, letter, signal) => {
    const receiver = targets.get(name);
    if (receiver === undefined) return { ok: false, problem: 'There is no such target.', retryAfterMs: null };
    try {
      const outgoing = requestFor(receiver, letter);
      let response = await post(outgoing, signal);
      // What was to be edited is gone: then it is said anew.
      if (outgoing.method === 'PATCH' && response.status === 404) {
        await response.body?.cancel();
        response = await post(requestFor(receiver, { ...letter, earlier: null }), signal);
      }
      const receipt = receiver.kind === 'discord' ? await idIn(response) : null;
      await response.body?.cancel().catch(() => undefined);
      if (response.ok) return { ok: true, receipt };
      return { ok: false, problem: `It answered ${response.status}.`, retryAfterMs: retryAfter(response) };
    } catch (error) {
      return { ok: false, problem: problemOf(error), retryAfterMs: null };
    }
  };

const post = ({ method, url, headers, body }: Outgoing, signal: AbortSignal): Promise<Response> =>
  fetch(url, {
    method,
    headers: { 'user-agent': 'keepwell', ...headers },
    body,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  });

const retryAfter = ({ headers }: Response): DurationMs | null => {
  const seconds = Number(headers.get('retry-after') ?? '');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
};

const idIn = async (response: Response): Promise<string | null> => {
  if (!response.ok || response.body === null) return null;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MOST_BYTES) return null;
  }
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' && /^\d{1,32}$/.test(id) ? id : null;
  } catch {
    return null;
  }
};

/** The code alone: the message of a failed connection names the address. */
const problemOf = (error: unknown): string => {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  if (name === 'TimeoutError') return `It did not answer within ${ANSWER_WITHIN_MS / 1_000} s.`;
  return `It could not be reached: ${cause?.code ?? name ?? 'unknown'}.`;
};
