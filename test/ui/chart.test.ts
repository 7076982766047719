import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centreOn, fitView, groupArrows, panBy, pathOf, zoomAt } from '../../src/ui/chart/geometry.ts';
import { statePlaceOf } from '../../src/ui/chart/place.ts';
import type { ChartEdge, MachineChart, Point } from '../../src/ui/wire.ts';

const edge = (id: string, points: Point[] | null): ChartEdge => ({
  id,
  source: 'a',
  target: 'b',
  event: 'happened',
  kind: 'event',
  label: 'happened',
  guard: null,
  actions: [],
  description: null,
  reenter: false,
  points,
  text: null,
  label_at: null,
  inside: points === null,
});

const WINDOW = { width: 800, height: 600 };
const view = fc.record({
  x: fc.integer({ min: -500, max: 500 }),
  y: fc.integer({ min: -500, max: 500 }),
  scale: fc.double({ min: 0.2, max: 2, noNaN: true }),
});
const onScreen = (point: Point, { x, y, scale }: { x: number; y: number; scale: number }): Point => ({
  x: (point.x - x) * scale,
  y: (point.y - y) * scale,
});

describe('looking at a chart', () => {
  it('shows all of it, in the middle', () => {
    const fitted = fitView({ width: 1_600, height: 3_000 }, WINDOW);
    const start = onScreen({ x: 0, y: 0 }, fitted);
    const end = onScreen({ x: 1_600, y: 3_000 }, fitted);
    expect(start.y).toBeCloseTo(12);
    expect(end.y).toBeCloseTo(588);
    expect(start.x + end.x).toBeCloseTo(800);
  });

  it('puts a state in the middle', () => {
    const seen = centreOn({ x: 100, y: 200, width: 60, height: 40 }, WINDOW, 0.85);
    expect(onScreen({ x: 130, y: 220 }, seen)).toEqual({
      x: expect.closeTo(400, 6) as number,
      y: expect.closeTo(300, 6) as number,
    });
  });

  it('nearer and farther leaves what is under the pointer there', () => {
    const factor = fc.double({ min: 0.5, max: 2, noNaN: true });
    fc.assert(
      fc.property(view, factor, (seen, by) => {
        const at = { x: 300, y: 250 };
        const under = { x: seen.x + at.x / seen.scale, y: seen.y + at.y / seen.scale };
        const after = onScreen(under, zoomAt(seen, by, at));
        expect(after.x).toBeCloseTo(at.x, 6);
        expect(after.y).toBeCloseTo(at.y, 6);
      }),
    );
  });

  it('dragging moves what is seen by as much as the pointer', () => {
    const seen = { x: 10, y: 20, scale: 0.5 };
    expect(onScreen({ x: 0, y: 0 }, panBy(seen, { x: 30, y: -8 }))).toEqual({ x: 25, y: -18 });
  });
});

describe('an arrow', () => {
  it('begins and ends where its points do, its bends rounded', () => {
    expect(
      pathOf([
        { x: 0, y: 0 },
        { x: 0, y: 20 },
        { x: 30, y: 20 },
      ]),
    ).toBe('M0 0L0 15Q0 20 5 20L30 20');
  });

  it('rounds at most half of a short way, so that two bends do not meet', () => {
    expect(
      pathOf([
        { x: 0, y: 0 },
        { x: 0, y: 4 },
        { x: 30, y: 4 },
      ]),
    ).toBe('M0 0L0 2Q0 4 5 4L30 4');
  });

  it('stands for all transitions that share its way; those that stay have none', () => {
    const way = [
      { x: 0, y: 0 },
      { x: 9, y: 0 },
    ];
    const arrows = groupArrows([edge('one', way), edge('stays', null), edge('two', [...way])]);
    expect(arrows.map(({ edges }) => edges.map(({ id }) => id))).toEqual([['one', 'two']]);
  });
});

describe('the place of a machine of which the state is known', () => {
  it('is the leaf and what is around it; what can happen there begins at one of them', () => {
    const edges = [
      { ...edge('at the root', null), source: '' },
      { ...edge('around', null), source: 'a' },
      { ...edge('at the leaf', null), source: 'a.b' },
      { ...edge('elsewhere', null), source: 'a.c' },
      { ...edge('where it begins', null), source: 'a', kind: 'initial' as const },
    ];
    const { active, possible, leaf } = statePlaceOf('a.b', { edges } as MachineChart);
    expect([leaf, [...active]]).toEqual(['a.b', ['a', 'a.b']]);
    expect([...possible]).toEqual(['at the root', 'around', 'at the leaf']);
  });
});
