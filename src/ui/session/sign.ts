import type { SessionWire } from '../wire.ts';
import { RequestError, request } from './request.ts';
import { session } from './session.ts';

const RETRY_MS = 2_000;

/** Finds out whether the browser is signed in already; waits for a server that does not answer. */
export const resumeSession = async (): Promise<void> => {
  try {
    session.value = await request<SessionWire>('/session');
  } catch (error) {
    if (error instanceof RequestError && error.status >= 400 && error.status < 500) session.value = null;
    else setTimeout(() => void resumeSession(), RETRY_MS);
  }
};

/** @throws {RequestError} */
export const signIn = async (token: string): Promise<void> => {
  session.value = await request<SessionWire>('/session', { method: 'POST', body: { token } });
};

export const signOut = async (): Promise<void> => {
  await request('/session', { method: 'DELETE' }).catch(() => undefined);
  session.value = null;
};
