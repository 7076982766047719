import { withDeadline } from './deadline.ts';
import { describeFailure } from './describe-failure.ts';

const WITHIN_MS = 2_000;

/** Asks an address how the agent is. Null when it answers 2xx within 2 s, else what happened instead. */
export const probeUrl = async (
  url: string,
  doFetch: typeof fetch,
  outer: AbortSignal,
): Promise<string | null> => {
  try {
    return await withDeadline(WITHIN_MS, outer, async (signal) => {
      const response = await doFetch(url, { redirect: 'manual', signal });
      await response.body?.cancel();
      return response.ok ? null : `health check answered ${response.status}`;
    });
  } catch (error) {
    return `health check failed: ${describeFailure(error)}`;
  }
};
