import {
  type Box,
  type ChartEdge,
  type ChartNode,
  FONT_SIZE,
  LINE_HEIGHT,
  type MachineChart,
  PADDING,
  type Point,
  TITLE_HEIGHT,
} from '../chart.ts';
import { invokeText } from '../measure-node.ts';
import { attributes, escapeXml } from './xml.ts';

/** Text sits on its baseline, not at the top of its line. */
const BASELINE = 12;
const ARROW = 7;
const CORNER = 5;

const STYLE = `
svg { font: ${FONT_SIZE}px Arial, Helvetica, 'Liberation Sans', sans-serif; --ink: #1f2933; --soft: #616e7c; --line: #8592a0; --paper: #fff; --box: #f5f7fa; --leaf: #fff; --accent: #1759b3 }
@media (prefers-color-scheme: dark) { svg { --ink: #e4e9ef; --soft: #9fabb8; --line: #74818f; --paper: #14181d; --box: #1b2128; --leaf: #252d36; --accent: #7db4ff } }
text { fill: var(--ink); white-space: pre }
.paper { fill: var(--paper) }
.name { font-weight: bold }
.line, .runs { fill: var(--soft) }
.runs { font-style: italic; fill: var(--accent) }
rect.box { fill: var(--box); stroke: var(--line) }
rect.leaf { fill: var(--leaf); stroke: var(--ink) }
rect.inner { fill: none; stroke: var(--ink) }
rect.history { fill: var(--leaf); stroke: var(--line); stroke-dasharray: 3 2 }
rect.parallel > * { stroke-dasharray: 6 3 }
.back { fill: var(--paper); stroke: var(--line); stroke-width: .5 }
path { fill: none; stroke: var(--line); stroke-width: 1.25 }
.tip, .dot { fill: var(--line); stroke: none }
`.trim();

/** The chart as a picture that needs nothing else: it brings its own colours, for the light and for the dark. */
export const svgOf = (chart: MachineChart): string => {
  const { name, description, width, height, nodes, edges } = chart;
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const arrows = Map.groupBy(
    edges.filter(({ points }) => points !== null),
    ({ points }) => JSON.stringify(points),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg"${attributes(size)} role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeXml(name)}</title>`,
    `<desc id="desc">${escapeXml(description ?? `The state machine ${name}`)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper"${attributes({ width, height })}/>`,
    text(PADDING, BASELINE + PADDING / 2, name, 'name'),
    ...nodes.map(drawNode),
    ...[...arrows.values()].map(drawArrow),
    ...edges.filter(({ inside }) => inside).map(drawLine),
    '</svg>\n',
  ].join('\n');
};

const drawNode = (node: ChartNode): string => {
  const { id, key, kind, description, invokes, x, y } = node;
  const look = kind === 'compound' || kind === 'parallel' ? `box ${kind}` : kind === 'history' ? kind : 'leaf';
  const runs = invokes.map((invoke, index) =>
    text(x + PADDING, y + TITLE_HEIGHT + index * LINE_HEIGHT + BASELINE, invokeText(invoke), 'runs'),
  );
  return [
    `<g${attributes({ 'data-state': id })}>`,
    description === null ? '' : `<title>${escapeXml(description)}</title>`,
    rect(node, look, CORNER),
    kind === 'final' ? rect(inset(node, 3), 'inner', 3) : '',
    text(x + PADDING, y + BASELINE + PADDING / 2, key, kind === 'history' ? 'line' : 'name'),
    ...runs,
    '</g>',
  ].join('');
};

/** One arrow with a row of text for each transition that takes it. */
const drawArrow = (edges: ChartEdge[]): string => {
  const points = edges[0]?.points ?? [];
  const start = points[0] as Point;
  const rows = edges.map((edge) => {
    const { label_at: at, text: texts } = edge;
    const told = at === null ? [] : [rect(at, 'back', 2), ...texts.map((each, index) => row(at, index, each, ''))];
    return `<g${attributes({ 'data-edge': edge.id })}>${titleOf(edge)}${told.join('')}</g>`;
  });
  const ids = edges.map(({ id }) => id).join(' ');
  const isStart = edges[0]?.kind === 'initial';
  return [
    `<g class="arrow"${attributes({ 'data-arrow': ids })}>`,
    isStart ? `<circle class="dot"${attributes({ cx: start.x, cy: start.y, r: 4 })}/>` : '',
    `<path d="${pathOf(points)}"/>`,
    `<path class="tip" d="${tipOf(points)}"/>`,
    ...rows,
    '</g>',
  ].join('');
};

const drawLine = (edge: ChartEdge): string => {
  const { id, label_at: at, text: texts } = edge;
  const told = at === null ? [] : texts.map((each, index) => row({ ...at, x: at.x - PADDING / 2 }, index, each, 'line'));
  return `<g${attributes({ 'data-edge': id })}>${titleOf(edge)}${told.join('')}</g>`;
};

const titleOf = ({ actions, description }: ChartEdge): string => {
  const told = [description, actions.length === 0 ? null : actions.join(', ')].filter((each) => each !== null);
  return told.length === 0 ? '' : `<title>${escapeXml(told.join(': '))}</title>`;
};

const row = ({ x, y }: Box, index: number, words: string, look: string): string =>
  text(x + PADDING / 2, y + index * LINE_HEIGHT + BASELINE, words, look);

const text = (x: number, y: number, words: string, look: string): string =>
  `<text${attributes({ x, y, class: look === '' ? null : look })}>${escapeXml(words)}</text>`;

const rect = ({ x, y, width, height }: Box, look: string, rx: number): string =>
  `<rect${attributes({ class: look, x, y, width, height, rx })}/>`;

const inset = ({ x, y, width, height }: Box, by: number): Box => ({
  x: x + by,
  y: y + by,
  width: width - 2 * by,
  height: height - 2 * by,
});

const pathOf = (points: readonly Point[]): string => points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x} ${y}`).join('');

/** A small triangle at the end, in the direction of the last stretch. */
const tipOf = (points: readonly Point[]): string => {
  const [from, to] = points.slice(-2) as [Point, Point];
  const long = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [ux, uy] = [((to.x - from.x) / long) * ARROW, ((to.y - from.y) / long) * ARROW];
  const round = (length: number) => Math.round(length * 10) / 10;
  const corner = (side: number) => `L${round(to.x - ux + side * uy * 0.5)} ${round(to.y - uy - side * ux * 0.5)}`;
  return `M${to.x} ${to.y}${corner(1)}${corner(-1)}Z`;
};
