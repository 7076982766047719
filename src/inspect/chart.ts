import type { EdgeDescription } from '../../machines/describe/describe-transitions.ts';
import type { NodeDescription } from '../../machines/describe/describe-machine.ts';

export type Point = { x: number; y: number };
export type Box = Point & { width: number; height: number };

/** A state with its place. The place is absolute. */
export type ChartNode = NodeDescription & Box;

/** A transition with its place. All coordinates are absolute. */
export type ChartEdge = EdgeDescription & {
  /** The arrow, from border to border; null where the transition is a line of text. Equal ways share one arrow. */
  points: Point[] | null;
  /** Where its text stands; null when it has none. */
  label_at: Box | null;
  /** The text as it is drawn there, one string per line of `LINE_HEIGHT`. */
  text: string[];
  /** It is a line of text in the box of its source instead of an arrow. */
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
