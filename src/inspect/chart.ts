import type { NodeDescription } from '../../machines/describe/describe-machine.ts';
import type { EdgeDescription } from '../../machines/describe/describe-transitions.ts';

export type Point = { x: number; y: number };
export type Box = Point & { width: number; height: number };

/** A state with its place. The place is absolute. */
export type ChartNode = NodeDescription & Box;

/**
 * A transition with its place. All coordinates are absolute.
 *
 * Its text is a row in the box of its source, and says where it leads; its arrow says so again. Initial transitions
 * and those of a history state have an arrow alone.
 */
export type ChartEdge = EdgeDescription & {
  /** The arrow from border to border, shared by all that begin and end alike; null where it has none. */
  points: Point[] | null;
  /** The row as it is drawn, in one line. */
  text: string | null;
  /** Where the row stands. */
  label_at: Box | null;
  /** It has no arrow: the row says it all. */
  inside: boolean;
};

/** A machine as it is drawn. The root is no node: its name and its own transitions stand at the top. */
export type MachineChart = {
  name: string;
  description: string | null;
  width: number;
  height: number;
  nodes: ChartNode[];
  edges: ChartEdge[];
};

/** What whoever draws a chart has to keep to, in units of the chart. */
export const FONT_SIZE = 12;
export const LINE_HEIGHT = 16;
/** The name of a state stands in this much at the top of its box, what it invokes in one line each below. */
export const TITLE_HEIGHT = 24;
export const PADDING = 8;
