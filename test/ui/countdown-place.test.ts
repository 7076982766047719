import { describe, expect, it } from 'vitest';
import { countdownPlace } from '../../src/ui/chart/countdown-place.ts';
import type { Box, ChartNode } from '../../src/ui/wire.ts';

const state = (id: string, box: Box, kind: ChartNode['kind'] = 'atomic'): ChartNode => ({
  id,
  key: id,
  parent: null,
  kind,
  initial: null,
  description: null,
  tags: [],
  invokes: [],
  entry: [],
  exit: [],
  ...box,
});

const SIZE = { width: 60, height: 15 };
const source = state('source', { x: 100, y: 0, width: 200, height: 80 });
const row = { x: 108, y: 24, width: 186, height: 16 };

describe('a countdown', () => {
  it('stands behind the row that it counts down', () => {
    expect(countdownPlace(row, SIZE, 'source', [source])).toEqual({ x: 300, y: 24 });
  });

  it('stands before its state rather than on what another state says', () => {
    const right = state('right', { x: 320, y: 0, width: 200, height: 80 });
    expect(countdownPlace(row, SIZE, 'source', [source, right])).toEqual({ x: 34, y: 24 });
  });

  it('stands behind its row after all where there is a state on both sides', () => {
    const right = state('right', { x: 320, y: 0, width: 200, height: 80 });
    const left = state('left', { x: 0, y: 0, width: 80, height: 80 });
    expect(countdownPlace(row, SIZE, 'source', [left, source, right])).toEqual({ x: 300, y: 24 });
  });

  it('may stand in what its state is within', () => {
    const around = state('around', { x: 0, y: 0, width: 900, height: 300 }, 'compound');
    expect(countdownPlace(row, SIZE, 'source', [around, source])).toEqual({ x: 300, y: 24 });
  });
});
