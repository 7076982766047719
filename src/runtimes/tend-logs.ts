import type { DurationMs } from '../../machines/time.ts';
import { type LogLimits, rotateLog } from './rotate-log.ts';

const AFTER_FAILURE_MS: DurationMs = 60_000;

/** Keeps logs within their limits. A log that cannot be rotated is reported and left alone for a minute. */
export const createLogTender = (
  limits: LogLimits,
  onFault: (fault: { workspaceId: string; error: unknown }) => void,
) => {
  const resting = new Map<string, number>();

  return async (workspaceId: string, logs: string): Promise<void> => {
    if ((resting.get(workspaceId) ?? 0) > performance.now()) return;
    resting.delete(workspaceId);
    try {
      await rotateLog(logs, limits);
    } catch (error) {
      resting.set(workspaceId, performance.now() + AFTER_FAILURE_MS);
      onFault({ workspaceId, error });
    }
  };
};
