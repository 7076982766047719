import type { IncomingMessage } from 'node:http';
import type { EpochMs } from '../../machines/time.ts';

/** Takes the caller's `X-Request-Id` when it is short and plain, and makes one up otherwise. */
export const createRequestIds = (startedAt: EpochMs) => {
  const boot = startedAt.toString(36);
  let count = 0;
  return (request: Pick<IncomingMessage, 'headers'>): string => {
    const given = request.headers['x-request-id'];
    if (typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given)) return given;
    count += 1;
    return `${boot}-${count.toString(36)}`;
  };
};
