import pLimit, { type LimitFunction } from 'p-limit';

/** How many hosts' worth of fetches go on at a time. */
const HOSTS = 4;

/**
 * Lets `perHost` fetches of one host go on at a time, and four times as many over all: a server that answers slowly, or
 * never, takes no place from the others. What is on this machine (host null) waits for nobody.
 */
export const createPlaces = (perHost: number) => {
  const overall = pLimit(perHost * HOSTS);
  const hosts = new Map<string, LimitFunction>();
  return async <T>(host: string | null, work: () => Promise<T>): Promise<T> => {
    if (host === null) return work();
    const own = hosts.get(host) ?? pLimit(perHost);
    hosts.set(host, own);
    try {
      return await own(() => overall(work));
    } finally {
      if (own.activeCount + own.pendingCount === 0) hosts.delete(host);
    }
  };
};
