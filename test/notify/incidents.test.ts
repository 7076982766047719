import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Decision,
  decide,
  type Incident,
  type Row,
  SETTLED_AFTER_MS,
} from '../../src/notify/incidents.ts';
import type { Notice } from '../../src/notify/notice.ts';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 0, 1, 12);
const SUBJECT = { workspaceId: 'w1', name: 'demo' };
const STATE = {
  up: 'wanted.online.converged',
  reconciling: 'wanted.online.reconciling',
  degraded: 'wanted.degraded',
  offline: 'wanted.offline',
  starting: 'wanted.provisioning',
  restarting: 'wanted.restarting',
  failed: 'wanted.failed',
  awaiting: 'wanted.awaitingAgent',
  paused: 'resting.paused',
  removed: 'removed',
} as const;
type Word = keyof typeof STATE;

/** Plays a life: a state at each moment, in minutes. Gives what would be delivered, in order of its moment. */
const live = (...steps: [minute: number, to: Word][]) => {
  let incident: Incident | null = null;
  let from: string = STATE.up;
  let outbox: { notice: Notice; dueAt: number }[] = [];
  for (const [minute, word] of steps) {
    const at = NOON + minute * MINUTE;
    const to = STATE[word];
    const row: Row = {
      at,
      event: 'x',
      from,
      to,
      kind: 'transition',
      reason: { message: `${word}.`, hint: null },
      cause: null,
    };
    const decision: Decision = decide(incident, row, SUBJECT);
    const { withdraw, tell } = decision;
    outbox = outbox.filter(({ notice, dueAt }) => notice.id !== withdraw || dueAt <= at);
    if (tell !== null) outbox.push(tell);
    ({ incident } = decision);
    from = to;
  }
  return {
    incident,
    notices: outbox.toSorted((a, b) => a.dueAt - b.dueAt).map(({ notice }) => notice),
    dueAt: outbox.map(({ dueAt }) => (dueAt - NOON) / MINUTE),
  };
};
const kinds = (notices: Notice[]) => notices.map(({ kind }) => kind);

describe('an incident', () => {
  it('begins when a workspace goes down, and its recovery belongs to it', () => {
    const { notices } = live(
      [0, 'offline'],
      [1, 'restarting'],
      [1, 'starting'],
      [3, 'reconciling'],
      [3, 'up'],
    );
    expect(kinds(notices)).toEqual(['offline', 'recovered']);
    expect(new Set(notices.map(({ incident }) => incident)).size).toBe(1);
    expect(notices.map(({ id }) => id)).toEqual([`w1-${NOON}.1`, `w1-${NOON}.2`]);
    expect(notices[1]?.text).toBe('It is online again after 3 min.');
  });

  it('gets worse in the same thread, and is told of only when it is worse than what was told', () => {
    const { notices } = live(
      [0, 'degraded'],
      [1, 'offline'],
      [2, 'starting'],
      [3, 'offline'],
      [4, 'failed'],
      [5, 'starting'],
      [6, 'offline'],
    );
    expect(kinds(notices)).toEqual(['degraded', 'offline', 'failed']);
    expect(new Set(notices.map(({ incident }) => incident)).size).toBe(1);
  });

  it('goes on when the workspace goes down again soon, and is another one later', () => {
    const soon = live([0, 'offline'], [1, 'up'], [9, 'offline']).notices;
    expect(new Set(soon.map(({ incident }) => incident)).size).toBe(1);
    const late = live([0, 'offline'], [1, 'up'], [11, 'offline']).notices;
    expect(new Set(late.map(({ incident }) => incident)).size).toBe(2);
  });

  it('ends when an operator takes the workspace out of service, and says nothing of one that is removed', () => {
    expect(kinds(live([0, 'failed'], [1, 'paused']).notices)).toEqual(['failed', 'recovered']);
    expect(kinds(live([0, 'failed'], [1, 'removed']).notices)).toEqual(['failed']);
    expect(live([0, 'failed'], [1, 'removed']).incident).toBeNull();
  });

  it('is one when an agent elsewhere falls silent, and none while it was never heard', () => {
    expect(kinds(live([0, 'awaiting']).notices)).toEqual(['offline']);
    expect(kinds(live([0, 'paused'], [1, 'starting'], [2, 'awaiting'], [3, 'up']).notices)).toEqual([]);
  });

  it('is none where nothing is wrong: a restart, a look at plugins, a pause', () => {
    expect(
      live([0, 'reconciling'], [1, 'restarting'], [2, 'starting'], [3, 'up'], [4, 'paused']).notices,
    ).toEqual([]);
  });
});

describe('a workspace that flaps', () => {
  it('is said to flap once; then only its lasting recovery is told', () => {
    const flaps = Array.from({ length: 60 }, (_, minute): [number, Word] => [
      minute,
      minute % 2 ? 'up' : 'offline',
    ]);
    const { notices, dueAt } = live(...flaps);
    expect(kinds(notices)).toEqual(['offline', 'recovered', 'offline', 'recovered', 'offline', 'recovered']);
    expect(notices[4]?.text).toContain('went down 3 times within 10 min');
    expect(notices[5]?.text).toBe('It has been online for 10 min now.');
    expect(dueAt.at(-1)).toBe(59 + 10);
  });

  it('is told of when it fails all the same', () => {
    const { notices } = live(
      [0, 'offline'],
      [1, 'up'],
      [2, 'offline'],
      [3, 'up'],
      [4, 'offline'],
      [5, 'up'],
      [6, 'offline'],
      [7, 'failed'],
    );
    expect(kinds(notices).at(-1)).toBe('failed');
    expect(kinds(notices)).toHaveLength(6);
  });
});

describe('held plugins', () => {
  const held: Row = {
    at: NOON,
    event: 'plugins.held',
    from: STATE.up,
    to: STATE.up,
    kind: 'note',
    reason: null,
    cause: { plugins: [{ name: 'bad', why: 'crash' }] },
  };

  it('are told by name, and begin no incident', () => {
    const { tell, incident } = decide(null, held, SUBJECT);
    expect(tell?.notice).toMatchObject({ kind: 'plugins_held', text: expect.stringContaining(': bad.') });
    expect(incident).toBeNull();
  });

  it('are told within the incident that they caused', () => {
    const { incident } = live([-1, 'offline']);
    const { tell } = decide(incident, held, SUBJECT);
    expect(tell?.notice.incident).toBe(incident?.id);
  });

  it('are the only note that matters', () => {
    const { tell } = decide(null, { ...held, event: 'plugin.fetched' }, SUBJECT);
    expect(tell).toBeNull();
  });
});

describe('whatever happens', () => {
  const step = fc.tuple(
    fc.integer({ min: 0, max: 12 }),
    fc.constantFrom<Word>(
      'up',
      'reconciling',
      'degraded',
      'offline',
      'starting',
      'failed',
      'paused',
      'awaiting',
    ),
  );
  const lives = fc.array(step, { maxLength: 60 }).map((steps) => {
    let minute = 0;
    return steps.map(([wait, word]): [number, Word] => {
      // No two transitions of one workspace are of the same moment: 60 ms lie between the closest.
      minute += Math.max(wait, 0.001);
      return [minute, word];
    });
  });

  it('ids are given once, and nobody hears of a recovery who did not hear of trouble', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const { notices } = live(...steps);
        expect(new Set(notices.map(({ id }) => id)).size).toBe(notices.length);
        for (const [place, { kind, incident }] of notices.entries()) {
          if (kind !== 'recovered') continue;
          const before = notices.slice(0, place).findLast((notice) => notice.incident === incident);
          expect(before?.kind).toBeDefined();
          expect(before?.kind).not.toBe('recovered');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('whoever was told of trouble is told how it ended, once it has been well for long', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const end = (steps.at(-1)?.[0] ?? 0) + 1;
        const { notices, incident } = live(...steps, [end, 'up']);
        expect(notices.at(-1)?.kind ?? 'recovered').toBe('recovered');
        expect(incident === null || incident.trouble === null).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('no workspace is told of more than some times in ten minutes', () => {
    fc.assert(
      fc.property(lives, (steps) => {
        const times = live(...steps).notices.map(({ at }) => at);
        for (const at of times) {
          const close = times.filter((other) => other >= at && other - at < SETTLED_AFTER_MS);
          expect(close.length).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 300 },
    );
  });
});
