import { describe, expect, it } from 'vitest';
import type { Moment } from '../../src/ui/wire.ts';
import { withLease } from '../../src/ui/workspace/with-lease.ts';

const second = (seconds: number): string => new Date(Date.UTC(2026, 2, 1, 12, 0, seconds)).toISOString();
const armed = (name: string, seconds: number) => ({ name, at: second(seconds), edge: null, to: null });
const beat = (leaseEndsAt: number) => ({
  last_heartbeat_at: null,
  lease_expires_at: second(leaseEndsAt),
  last_error_rate: null,
  active_tasks: null,
  current_task: null,
  uptime_seconds: null,
});

describe('a beat that changes nothing else', () => {
  const moment = { armed: [armed('lease', 10), armed('other', 20)] } as Moment;

  it('moves the end of the lease, which may come later than what else is armed then', () => {
    expect(withLease(moment, beat(30)).armed).toEqual([armed('other', 20), armed('lease', 30)]);
  });

  it('moves nothing when it is older than the moment, or no lease is armed', () => {
    expect(withLease(moment, beat(5))).toBe(moment);
    expect(withLease(moment, null)).toBe(moment);
    const unleased = { armed: [armed('other', 20)] } as Moment;
    expect(withLease(unleased, beat(30))).toBe(unleased);
  });
});
