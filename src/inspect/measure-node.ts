import type { NodeDescription } from '../../machines/describe/describe-machine.ts';
import { LINE_HEIGHT, PADDING, TITLE_HEIGHT } from './chart.ts';
import { textWidth } from './text-width.ts';

export type Measure = {
  width: number;
  /** Of what stands in the box itself; states within come below. */
  height: number;
  /** Where the first row begins, from the top of the box. */
  rowsFrom: number;
};

type Titled = Pick<NodeDescription, 'key' | 'invokes'>;

/** How much room a state needs for its name, for what it invokes, and for its rows. */
export const measureNode = ({ key, invokes }: Titled, rows: readonly string[]): Measure => {
  const below = [...invokes.map(invokeText), ...rows];
  const widest = Math.max(textWidth(key, { bold: true }), ...below.map((text) => textWidth(text)));
  return {
    width: widest + 2 * PADDING,
    height: TITLE_HEIGHT + below.length * LINE_HEIGHT + (below.length > 0 ? PADDING : 0),
    rowsFrom: TITLE_HEIGHT + invokes.length * LINE_HEIGHT,
  };
};

/** What a state invokes, as it stands in its box. */
export const invokeText = ({ src, machine }: NodeDescription['invokes'][number]): string =>
  machine === null ? `runs ${src}` : `runs the machine ${machine}`;
