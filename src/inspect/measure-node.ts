import type { NodeDescription } from '../../machines/describe/describe-machine.ts';
import type { EdgeDescription } from '../../machines/describe/describe-transitions.ts';
import { LINE_HEIGHT, PADDING, TITLE_HEIGHT } from './chart.ts';
import { lineText } from './label-text.ts';
import { textWidth } from './text-width.ts';

export type Measure = {
  width: number;
  /** Of what stands in the box itself; states within come below. */
  height: number;
  /** Where the first line of text begins, from the top of the box. */
  linesFrom: number;
};

const HISTORY_SIZE = 26;

/** How much room a state needs for its name, for what it invokes, and for its lines of text. */
export const measureNode = (node: NodeDescription, lines: readonly EdgeDescription[]): Measure => {
  if (node.kind === 'history' && lines.length === 0) {
    return { width: Math.max(HISTORY_SIZE, textWidth(node.key) + 2 * PADDING), height: HISTORY_SIZE, linesFrom: 0 };
  }
  const invokes = node.invokes.map(invokeText);
  const texts = [...invokes, ...lines.map(lineText)];
  const widest = Math.max(textWidth(node.key, { bold: true }), ...texts.map((text) => textWidth(text)));
  const linesFrom = TITLE_HEIGHT + invokes.length * LINE_HEIGHT;
  return {
    width: widest + 2 * PADDING,
    height: linesFrom + lines.length * LINE_HEIGHT + (texts.length > 0 ? PADDING : 0),
    linesFrom,
  };
};

export const invokeText = ({ src, machine }: NodeDescription['invokes'][number]): string =>
  `${machine === null ? 'runs' : 'machine'} ${machine ?? src}`;
