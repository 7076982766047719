import type { Box, ChartNode, Point } from '../wire.ts';

const GAP = 6;

/**
 * Where a countdown of this size stands: behind its row, or else before the box of its source, wherever it covers no
 * other state's rows. Where both do, it stands behind the row.
 */
export const countdownPlace = (
  row: Box,
  size: { width: number; height: number },
  source: string,
  nodes: readonly ChartNode[],
): Point => {
  const behind = { x: row.x + row.width + GAP, y: row.y };
  const box = nodes.find(({ id }) => id === source);
  const before = { x: (box?.x ?? row.x) - size.width - GAP, y: row.y };
  // Boxes that hold others are mostly empty.
  const others = nodes.filter(({ id, kind }) => id !== source && kind === 'atomic');
  const isFree = (at: Point): boolean => !others.some((node) => overlap({ ...at, ...size }, node));
  return isFree(behind) || !isFree(before) ? behind : before;
};

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
