import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centreOn, fitView, groupArrows, pathOf, zoomAt } from '../../src/ui/chart/geometry.ts';
import { countStatuses, selectRows } from '../../src/ui/fleet/select-rows.ts';
import { scrollToShow, windowOf } from '../../src/ui/fleet/virtual-window.ts';
import { createSseParser } from '../../src/ui/live/sse-parser.ts';
import { deadlineWords } from '../../src/ui/parts/deadline-words.ts';
import { asWords, formatBytes, formatCountdown, formatSpan } from '../../src/ui/parts/format.ts';
import { parseRoute, workspaceHash } from '../../src/ui/parts/route.ts';
import type { ChartEdge, FleetRow, JournalRow } from '../../src/ui/wire.ts';
import { mergeRows } from '../../src/ui/workspace/merge-rows.ts';
import { stepInTime } from '../../src/ui/workspace/step-in-time.ts';

const row = (name: string, more: Partial<FleetRow> = {}): FleetRow => ({
  id: name,
  name,
  role: null,
  runtime: 'process',
  template: null,
  status: 'online',
  state: 'x',
  since: '2026-01-01T00:00:00Z',
  reason: null,
  last_heartbeat_at: null,
  lease_expires_at: null,
  deadline: null,
  plugins: { declared: 0, installed: 0, failed: 0, held: 0 },
  incarnation: 1,
  restarts: 0,
  restarts_24h: 0,
  generation: 1,
  ...more,
});

describe('the rows of the fleet', () => {
  const rows = [
    row('b'),
    row('a'),
    row('sick', { status: 'failed', reason: 'It crashed' }),
    row('short', { plugins: { declared: 1, installed: 0, failed: 1, held: 0 } }),
    row('new', { status: 'some_new_status' }),
  ];
  const select = (more: object) =>
    selectRows(rows, { statuses: new Set(), search: '', order: 'urgency', ...more }).map(({ name }) => name);

  it('come with those in trouble first, or by name', () => {
    expect(select({})).toEqual(['sick', 'short', 'new', 'a', 'b']);
    expect(select({ order: 'name' })).toEqual(['a', 'b', 'new', 'short', 'sick']);
  });

  it('are found by every word of a search, and by status', () => {
    expect(select({ search: 'CRASHED failed' })).toEqual(['sick']);
    expect(select({ statuses: new Set(['online']) })).toEqual(['short', 'a', 'b']);
    expect(countStatuses(rows)).toEqual([
      ['failed', 1],
      ['some_new_status', 1],
      ['online', 3],
    ]);
  });

  it('are drawn where they are in sight, however far one scrolls', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.integer({ min: -50, max: 900_000 }), (count, scrollTop) => {
        const sight = { scrollTop, height: 800, rowHeight: 40, count };
        const { first, end } = windowOf(sight);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(count);
        expect(end - first).toBeLessThanOrEqual(34);
        if (count > 0) expect(end).toBeGreaterThan(first);
      }),
    );
    expect(scrollToShow(100, { scrollTop: 0, height: 400, rowHeight: 40, count: 200 })).toBe(3_640);
  });
});

describe('the event stream', () => {
  it('gives the same events however it is cut', () => {
    const text =
      '\uFEFF: hi\n\nid: 1\nevent: fleet\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: x\r\rid: 2\ndata:y\n\n';
    const whole = createSseParser()(text);
    expect(whole).toEqual([
      { event: 'fleet', data: '{"a":\n1}', id: '1' },
      { event: 'message', data: 'x', id: '1' },
      { event: 'message', data: 'y', id: '2' },
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const parse = createSseParser();
        const edges = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        expect(edges.slice(1).flatMap((end, index) => parse(text.slice(edges[index], end)))).toEqual(whole);
      }),
    );
  });
});

describe('addresses', () => {
  it('lead back to where they were made for, whatever a workspace is called', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.option(fc.nat()), (name, at) => {
        expect(parseRoute(workspaceHash(name, at))).toEqual({ page: 'workspace', name, at });
      }),
    );
    expect(parseRoute('#/')).toEqual({ page: 'fleet' });
    expect(parseRoute('#/nowhere/at/all')).toEqual({ page: 'unknown' });
  });
});

describe('the journal of the page', () => {
  const stop = (seq: number, kind: JournalRow['kind'] = 'transition') => ({ seq, kind }) as JournalRow;
  it('has each row once and in order, however they come', () => {
    expect(mergeRows([stop(1), stop(3)], [stop(2), stop(3)]).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
  it('is walked by transitions, whose last one is now', () => {
    const rows = [stop(1), stop(2, 'note'), stop(3), stop(5)];
    expect(stepInTime(rows, null, -1)).toBe(3);
    expect(stepInTime(rows, 3, -1)).toBe(1);
    expect(stepInTime(rows, 1, 1)).toBe(3);
    expect(stepInTime(rows, 3, 1)).toBeNull();
    expect(stepInTime(rows, 1, -1)).toBeUndefined();
  });
});

describe('a chart', () => {
  it('is fitted, centred, and made larger about a point that stays', () => {
    expect(fitView({ width: 1_000, height: 500 }, { width: 524, height: 524 })).toEqual({
      scale: 0.5,
      x: -24,
      y: -274,
    });
    expect(centreOn({ x: 100, y: 100, width: 100, height: 100 }, { width: 200, height: 200 }, 1)).toEqual({
      scale: 1,
      x: 50,
      y: 50,
    });
    const { x, y, scale } = zoomAt({ x: 10, y: 20, scale: 1 }, 2, { x: 100, y: 50 });
    expect([x + 100 / scale, y + 50 / scale]).toEqual([110, 70]);
  });

  it('draws an arrow that several transitions share once', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 0, y: 20 },
      { x: 30, y: 20 },
    ];
    const edge = (id: string, at: typeof points | null) => ({ id, points: at }) as ChartEdge;
    const arrows = groupArrows([edge('a', points), edge('b', points), edge('c', null)]);
    expect(arrows.map(({ edges }) => edges.map(({ id }) => id))).toEqual([['a', 'b']]);
    expect(pathOf(points)).toBe('M0 0L0 15Q0 20 5 20L30 20');
  });
});

describe('words', () => {
  it.each([
    [formatSpan(89_000), '89 s'],
    [formatSpan(7_500_000), '2 h 5 min'],
    [formatCountdown(119_100), '120 s'],
    [formatCountdown(-1), 'now'],
    [formatBytes(4_096), '4.1 kB'],
    [asWords('awaitingAgent_now'), 'awaiting agent now'],
    [Object.values(deadlineWords('restartAt')).join(' '), 'restart in'],
    [Object.values(deadlineWords('lease')).join(' '), 'lease ends in'],
  ])('%s', (written, expected) => {
    expect(written).toBe(expected);
  });
});
