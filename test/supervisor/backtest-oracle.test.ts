import { type Arbitrary, array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import { judge } from '../../machines/workspace/backtest.ts';
import type { BeatMinute, Gap } from '../../machines/workspace/beat-minute.ts';
import { createBeatTally } from '../../src/supervisor/beat-tally.ts';
import type { Entry } from '../../src/supervisor/entry.ts';

/** Beats are rolled up as the supervisor does it, and judged; beside that, every raw beat is looked at by itself. */

const NOON = Date.parse('2026-11-25T12:00:00Z');

/** What comes before a beat: silence, and whatever makes it nobody's fault. */
type Before = {
  silentMs: number;
  what: 'nothing' | 'restarted' | 'rested' | 'new-boot' | 'deaf' | 'written';
  quietMs: number;
};
type Raw = Before & { at: number };

const streams = (silence: Arbitrary<number>) =>
  array(
    record({
      silentMs: silence,
      what: constantFrom<Before['what']>(
        'nothing',
        'nothing',
        'nothing',
        'nothing',
        'restarted',
        'rested',
        'new-boot',
        'deaf',
        'written',
      ),
      quietMs: constantFrom(0, 0, 0, 0, 90 * SECOND, 200 * SECOND),
    }),
    { maxLength: 60 },
  );

const momentsOf = (stream: Before[]): Raw[] => {
  let at = NOON;
  return stream.map((before) => ({ ...before, at: (at += before.silentMs) }));
};

/** By the code under test. */
const rolledUp = (stream: Raw[]): Gap[] => {
  let now = NOON;
  const tally = createBeatTally(() => now);
  let uptime = 1;
  const entry = {
    id: 'w1',
    incarnation: 1,
    gate: { isMeantToBeat: true },
    presence: { lastHeartbeatAt: null, uptimeSeconds: null },
    tallyMinute: 0,
    tallyIncarnation: 0,
    tallyBeats: 0,
    tallyGapMs: 0,
    tallyGapEndMs: 0,
    quietMs: 0,
    isHeard: false,
  } as unknown as Entry;
  const minutes: BeatMinute[] = [];
  const write = () => {
    tally.finish([entry], { evenUnderWay: true });
    minutes.push(...tally.take(Number.MAX_SAFE_INTEGER));
  };
  for (const { at, what, quietMs } of stream) {
    if (what === 'written') write();
    if (what === 'restarted') entry.incarnation += 1;
    if (what === 'restarted' || what === 'rested') entry.isHeard = false;
    uptime = what === 'new-boot' ? uptime - 1 : uptime + 1;
    if (what === 'deaf') {
      // Whatever is written before a stall is not doubted any more.
      write();
      now = at;
      tally.wasDeaf([entry]);
    }
    tally.hear(entry, at, quietMs, uptime);
    entry.presence.lastHeartbeatAt = at;
    entry.presence.uptimeSeconds = uptime;
  }
  write();
  // As the store adds them up: of each minute and incarnation the longest gap.
  const longest = new Map<string, BeatMinute>();
  for (const row of minutes) {
    const key = `${row.minute} ${row.incarnation}`;
    if (row.longestGapMs > (longest.get(key)?.longestGapMs ?? 0)) longest.set(key, row);
  }
  return [...longest.values()].map(({ gapEndedAt, longestGapMs }) => ({
    endedAt: gapEndedAt,
    lengthMs: longestGapMs,
  }));
};

/** By every beat: the moments at which somebody alive had been taken for dead. */
const bruteForce = (stream: Raw[], leaseMs: number): number[] => {
  const wrong: number[] = [];
  for (const [index, { at, what }] of stream.entries()) {
    const before = stream[index - 1];
    if (before === undefined || ['restarted', 'rested', 'new-boot', 'deaf'].includes(what)) continue;
    const lengthMs = at - before.at;
    if (lengthMs > before.quietMs && lengthMs >= leaseMs) wrong.push(at);
  }
  return wrong;
};

const judged = (gaps: Gap[], leaseMs: number): number =>
  judge(
    [
      {
        offlineAfterMs: leaseMs,
        leastLeaseMs: 1,
        minutes: 1,
        beats: 1,
        firstAt: NOON,
        lastAt: NOON,
        longestGapMs: Math.max(0, ...gaps.map(({ lengthMs }) => lengthMs)),
        gaps,
        offlines: [],
      },
    ],
    leaseMs,
  ).mistaken;

const minutesOf = (moments: number[]): number => new Set(moments.map((at) => Math.floor(at / MINUTE))).size;

describe('what is judged by minutes', () => {
  it('is exactly what every single beat says, for leases of a minute and more', () => {
    assert(
      property(
        streams(integer({ min: 1, max: 400 }).map((seconds) => seconds * 1_000 + 7)),
        integer({ min: MINUTE, max: 420 * SECOND }),
        (stream, leaseMs) => {
          const raw = momentsOf(stream);
          expect(judged(rolledUp(raw), leaseMs)).toBe(bruteForce(raw, leaseMs).length);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('counts one a minute at least where several shorter silences ended, and none only where there was none', () => {
    assert(
      property(
        streams(integer({ min: 1, max: 45_000 })),
        integer({ min: 1, max: MINUTE - 1 }),
        (stream, leaseMs) => {
          const raw = momentsOf(stream);
          const all = bruteForce(raw, leaseMs);
          const counted = judged(rolledUp(raw), leaseMs);
          expect(counted).toBeLessThanOrEqual(all.length);
          expect(counted).toBeGreaterThanOrEqual(minutesOf(all));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('knows the longest silence to the millisecond, whatever its length', () => {
    assert(
      property(streams(integer({ min: 1, max: 200_000 })), (stream) => {
        const raw = momentsOf(stream);
        const longest = Math.max(0, ...rolledUp(raw).map(({ lengthMs }) => lengthMs));
        expect(bruteForce(raw, longest + 1)).toEqual([]);
        if (longest > 0) expect(bruteForce(raw, longest)).not.toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
