import { describe, expect, it } from 'vitest';
import { faultsOfSchedule, lastMoment, nextMoment } from '../src/schedule.ts';

const BERLIN = { pause: '0 22 * * 1-5', resume: '0 7 * * 1-5', timezone: 'Europe/Berlin' };
const at = (text: string): number => Date.parse(text);

describe('the moments of a schedule', () => {
  it('are told by the clocks of its zone, the newest up to a moment and the first after it', () => {
    const friday = at('2026-11-27T21:00:00Z');
    expect(nextMoment(BERLIN, friday - 1)).toEqual({ act: 'pause', at: friday });
    expect(lastMoment(BERLIN, friday)).toEqual({ act: 'pause', at: friday });
    expect(lastMoment(BERLIN, friday - 1)).toEqual({ act: 'resume', at: at('2026-11-27T06:00:00Z') });
    expect(nextMoment(BERLIN, friday)).toEqual({ act: 'resume', at: at('2026-11-30T06:00:00Z') });
  });

  it('come right after the gap in spring, and once in autumn', () => {
    const night = { ...BERLIN, pause: '30 2 * * *', resume: '0 7 * * *' };
    expect(nextMoment(night, at('2026-03-28T12:00:00Z'))).toEqual({
      act: 'pause',
      at: at('2026-03-29T01:00:00Z'),
    });
    const once = at('2026-10-25T00:30:00Z');
    expect(nextMoment(night, at('2026-10-24T12:00:00Z'))).toEqual({ act: 'pause', at: once });
    expect(nextMoment(night, once)).toEqual({ act: 'resume', at: at('2026-10-25T06:00:00Z') });
    expect(lastMoment(night, at('2026-10-25T02:00:00Z'))).toEqual({ act: 'pause', at: once });
  });
});

describe('a schedule that cannot be used', () => {
  it.each([
    [{ pause: '0 25 * * *' }, 'pause', /hour: 25/],
    [{ resume: 'in the morning' }, 'resume', /cannot be read/],
    [{ pause: '*/10 * * * * *' }, 'pause', /5 parts/],
    [{ pause: '0 22 31 2 *' }, 'pause', /never comes/],
    [{ timezone: 'Mars/Olympus' }, 'timezone', /time zone/],
    [{ resume: '0 22 * * *' }, 'resume', /same moment/],
    [{ pause: '* * * * *' }, 'resume', /same moment/],
  ] as const)('%j is told with its field', (change, field, message) => {
    expect(faultsOfSchedule({ ...BERLIN, ...change })).toEqual([
      { field, message: expect.stringMatching(message) },
    ]);
  });

  it('is none of the usual ones', () => {
    expect(faultsOfSchedule(BERLIN)).toEqual([]);
  });
});
