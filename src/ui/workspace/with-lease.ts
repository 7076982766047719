import type { Beat, Moment } from '../wire.ts';

/** As the server calls the lease among the deadlines that are armed. */
const LEASE = 'lease';

/** A moment with the lease that the latest beat renewed: a beat that changes nothing else brings no new moment. */
export const withLease = (moment: Moment, beat: Beat | null): Moment => {
  const leaseAt = beat?.lease_expires_at ?? null;
  if (leaseAt === null || !moment.armed.some(({ name, at }) => name === LEASE && at < leaseAt)) return moment;
  const armed = moment.armed.map((one) => (one.name === LEASE ? { ...one, at: leaseAt } : one));
  return { ...moment, armed: armed.sort((a, b) => (a.at < b.at ? -1 : 1)) };
};
