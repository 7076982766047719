import type { Box, ChartEdge, Point } from '../wire.ts';

/** What part of a chart is seen: its left upper corner in units of the chart, and how large a unit is on the screen. */
export type View = { x: number; y: number; scale: number };
export type Size = { width: number; height: number };

const SMALLEST = 0.1;
const LARGEST = 3;

export const clampScale = (scale: number): number => Math.min(LARGEST, Math.max(SMALLEST, scale));

/** The whole of something in a window, with a margin, in the middle. */
export const fitView = (content: Size, window: Size, margin = 12): View => {
  const scale = clampScale(
    Math.min(
      (window.width - 2 * margin) / Math.max(1, content.width),
      (window.height - 2 * margin) / Math.max(1, content.height),
      1.25,
    ),
  );
  return {
    scale,
    x: (content.width - window.width / scale) / 2,
    y: (content.height - window.height / scale) / 2,
  };
};

/** A box in the middle of a window, at `scale`. */
export const centreOn = (box: Box, window: Size, scale: number): View => ({
  scale,
  x: box.x + box.width / 2 - window.width / scale / 2,
  y: box.y + box.height / 2 - window.height / scale / 2,
});

/** Larger or smaller by a factor, with what is under `at` (in pixels of the window) staying there. */
export const zoomAt = ({ x, y, scale }: View, factor: number, at: Point): View => {
  const next = clampScale(scale * factor);
  return { scale: next, x: x + at.x / scale - at.x / next, y: y + at.y / scale - at.y / next };
};

/** Moves what is seen by pixels of the window. */
export const panBy = ({ x, y, scale }: View, by: Point): View => ({
  scale,
  x: x - by.x / scale,
  y: y - by.y / scale,
});

/** Part of the way from one view to another. */
export const between = (from: View, to: View, part: number): View => ({
  x: from.x + (to.x - from.x) * part,
  y: from.y + (to.y - from.y) * part,
  scale: from.scale + (to.scale - from.scale) * part,
});

/** The part of a chart that is in sight. */
export const sightOf = ({ x, y, scale }: View, window: Size): Box => ({
  x,
  y,
  width: window.width / scale,
  height: window.height / scale,
});

/** Whether a chart of this size is in sight as a whole. */
export const isWholeInSight = (content: Size, sight: Box): boolean =>
  sight.x <= 0 &&
  sight.y <= 0 &&
  sight.x + sight.width >= content.width &&
  sight.y + sight.height >= content.height;

/** Polyline with rounded corners, as SVG has it. */
export const pathOf = (points: readonly Point[], radius = 5): string => {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x} ${first.y}`;
  rest.forEach((point, index) => {
    const before = points[index] as Point;
    const after = rest[index + 1];
    if (after === undefined) {
      path += `L${point.x} ${point.y}`;
      return;
    }
    const into = towards(point, before, radius);
    const out = towards(point, after, radius);
    path += `L${into.x} ${into.y}Q${point.x} ${point.y} ${out.x} ${out.y}`;
  });
  return path;
};

/** Edges that share one arrow, by the path of that arrow. */
export const groupArrows = (edges: readonly ChartEdge[]): { path: string; edges: ChartEdge[] }[] => {
  const arrows = new Map<string, ChartEdge[]>();
  for (const edge of edges) {
    if (edge.points === null) continue;
    const path = pathOf(edge.points);
    arrows.set(path, [...(arrows.get(path) ?? []), edge]);
  }
  return [...arrows].map(([path, sharing]) => ({ path, edges: sharing }));
};

const towards = (from: Point, to: Point, by: number): Point => {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(by, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
};
