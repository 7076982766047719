import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyBeat } from '../../machines/workspace/beat.ts';
import { retryMoment } from '../../machines/workspace/plugin-retry.ts';
import { backoffMs, DEFAULT_POLICY } from '../../machines/workspace/policy.ts';
import {
  exhaustsBudget,
  isRestartDue,
  restartDelay,
  withCrash,
} from '../../machines/workspace/restart-budget.ts';

const policy = DEFAULT_POLICY;
const MINUTE = 60_000;

describe('the class of a beat', () => {
  const classOf = (errorRate: number, more = {}) =>
    classifyBeat({ errorRate, wedged: false, managesStatus: false, ...more }, policy);

  it('is failing from half of the work on, and recovered below a tenth', () => {
    expect([0, 0.09, 0.1, 0.49, 0.5, 1].map((rate) => classOf(rate))).toEqual([
      'recovered',
      'recovered',
      'healthy',
      'healthy',
      'failing',
      'failing',
    ]);
  });

  it('is wedged when the agent says so, whatever else it says', () => {
    expect(classOf(0, { wedged: true, managesStatus: true })).toBe('wedged');
  });

  it('is not ours to judge by error rate when the agent reports its own state', () => {
    expect(classOf(1, { managesStatus: true })).toBe('recovered');
  });
});

describe('the restart budget', () => {
  const crashesAt = (...minutes: number[]) => minutes.map((minute) => minute * MINUTE);

  it('allows five restarts within thirty minutes', () => {
    expect(exhaustsBudget({ crashedAt: crashesAt(1, 2, 3, 4, 5), policy }, 6 * MINUTE)).toBe(false);
    expect(exhaustsBudget({ crashedAt: crashesAt(1, 2, 3, 4, 5, 6), policy }, 6 * MINUTE)).toBe(true);
    expect(exhaustsBudget({ crashedAt: crashesAt(1, 2, 3, 4, 5, 40), policy }, 40 * MINUTE)).toBe(false);
  });

  it('forgets earlier crashes after ten healthy minutes', () => {
    const record = { crashedAt: crashesAt(1, 2), policy, status: 'online' as const, since: 3 * MINUTE };
    expect(withCrash(record, 12 * MINUTE)).toHaveLength(3);
    expect(withCrash(record, 13 * MINUTE)).toEqual([13 * MINUTE]);
  });

  it('waits 10 s, then twice as long each time, at most 5 min', () => {
    const delays = [1, 2, 3, 6, 9].map((count) =>
      restartDelay({ crashedAt: Array.from({ length: count }, () => 0), policy }),
    );
    expect(delays).toEqual([10_000, 20_000, 40_000, 300_000, 300_000]);
  });
});

describe('a restart request', () => {
  const due = (wanted: number, served: number, declined: number | null) => {
    const reason = { code: 'restart-declined' as const, message: '', hint: null };
    const decline = declined === null ? null : { wanted: declined, reason };
    return isRestartDue({ restart: { wanted, served, decline } });
  };

  it('is due until it is served or declined', () => {
    expect(due(1, 0, null)).toBe(true);
    expect(due(1, 1, null)).toBe(false);
    expect(due(1, 0, 1)).toBe(false);
    expect(due(2, 0, 1)).toBe(true);
  });
});

describe('the next try of a blocked plugin', () => {
  it('comes within twice the last wait, fully jittered, and never at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: policy.pluginTries - 1 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, roll) => {
          const waitMs = retryMoment(attempt, { at: 1000, roll }, policy) - 1000;
          expect(waitMs).toBeGreaterThanOrEqual(250);
          expect(waitMs).toBeLessThanOrEqual(backoffMs(attempt, 1000, 300_000));
        },
      ),
    );
  });

  it('comes every half hour once the quick tries are used up', () => {
    expect(retryMoment(policy.pluginTries, { at: 0, roll: 0.1 }, policy)).toBe(30 * MINUTE);
  });
});

describe('a backoff', () => {
  it('never exceeds its limit, however often something fails', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (attempt) => {
        const waitMs = backoffMs(attempt, 1000, 300_000);
        expect(waitMs).toBeGreaterThanOrEqual(1000);
        expect(waitMs).toBeLessThanOrEqual(300_000);
      }),
    );
  });
});
