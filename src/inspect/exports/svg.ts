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

/** Arrows to the same state have the same colour, so that an eye can follow them. */
const HUES = 7;
const STYLE = `
svg { font: ${FONT_SIZE}px Arial, Helvetica, 'Liberation Sans', sans-serif; --ink: #1f2933; --soft: #4a5663; --line: #8592a0; --paper: #fff; --box: #f3f5f8; --leaf: #fff; --accent: #1759b3; --h0: #3b6fb5; --h1: #b5553b; --h2: #2f8a50; --h3: #8a4fb0; --h4: #8f7412; --h5: #1f8890; --h6: #b03b7c }
@media (prefers-color-scheme: dark) { svg { --ink: #e4e9ef; --soft: #b3bdc8; --line: #74818f; --paper: #14181d; --box: #1b2128; --leaf: #262e37; --accent: #7db4ff; --h0: #7aa9e8; --h1: #e58e74; --h2: #6cc48c; --h3: #c08fe2; --h4: #cdb14a; --h5: #5ac3cb; --h6: #e57fb4 } }
text { fill: var(--soft); white-space: pre }
.compound > text, .row { paint-order: stroke; stroke: var(--box); stroke-width: 3px; stroke-linejoin: round }
.name { font-weight: bold; fill: var(--ink) }
.runs { font-style: italic; fill: var(--accent) }
.paper { fill: var(--paper) }
.atomic > rect, .final > rect { fill: var(--leaf); stroke: var(--ink) }
.compound > rect, .parallel > rect { fill: var(--box); stroke: var(--line) }
.within-parallel > rect { stroke-dasharray: 6 3 }
.history > rect { fill: var(--leaf); stroke: var(--line); stroke-dasharray: 2 3 }
.arrow > path { fill: none; stroke: var(--ink); stroke-width: 1.3 }
.arrow > .tip { fill: var(--ink); stroke: none }
.dot { fill: var(--ink) }
${Array.from({ length: HUES }, (_, hue) => `.to-${hue} > path { stroke: var(--h${hue}) } .to-${hue} > .tip { fill: var(--h${hue}); stroke: none }`).join('\n')}
`.trim();

/** The chart as a picture that needs nothing else: it brings its own colours, for the light and for the dark. */
export const svgOf = (chart: MachineChart): string => {
  const { name, description, width, height, nodes, edges } = chart;
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const parallel = new Set(nodes.filter(({ kind }) => kind === 'parallel').map(({ id }) => id));
  const hueOf = (target: string | null) => nodes.findIndex(({ id }) => id === target) % HUES;
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
    text({ x: PADDING, y: BASELINE + PADDING / 2 }, name, 'name'),
    ...nodes.map((node) => drawNode(node, parallel.has(node.parent ?? ''))),
    ...[...arrows.values()].map((group) => drawArrow(group, hueOf(group[0]?.target ?? null))),
    ...edges.filter(({ label_at }) => label_at !== null).map(drawRow),
    '</svg>\n',
  ].join('\n');
};

const drawNode = (node: ChartNode, isRegion: boolean): string => {
  const { id, key, kind, deep, description, invokes, x, y } = node;
  const look = `${kind}${isRegion ? ' within-parallel' : ''}`;
  const runs = invokes.map((invoke, index) =>
    text(
      { x: x + PADDING, y: y + TITLE_HEIGHT + index * LINE_HEIGHT + BASELINE },
      invokeText(invoke),
      'runs',
    ),
  );
  const more = kind === 'history' ? ` (${deep ? 'deep history' : 'history'})` : '';
  return [
    `<g${attributes({ class: look, 'data-state': id })}>`,
    `<title>${escapeXml(`${key}${more}${description === null ? '' : `: ${description}`}`)}</title>`,
    rect(node, CORNER),
    kind === 'final' ? rect(inset(node, 3), 3) : '',
    text({ x: x + PADDING, y: y + BASELINE + PADDING / 2 }, key, kind === 'history' ? '' : 'name'),
    ...runs,
    '</g>',
  ].join('');
};

/** One arrow for all transitions that begin and end alike; each is named here or, where it has one, at its row. */
const drawArrow = (edges: ChartEdge[], hue: number): string => {
  const { points, kind, label_at, id } = edges[0] as ChartEdge;
  const way = points as Point[];
  const [start] = way as [Point];
  const isStart = kind === 'initial';
  return [
    `<g${attributes({ class: isStart ? 'arrow' : `arrow to-${hue}`, 'data-edge': label_at === null ? id : null })}`,
    `${attributes({ 'data-arrow': edges.map((edge) => edge.id).join(' ') })}>`,
    isStart ? `<circle class="dot"${attributes({ cx: start.x, cy: start.y, r: 4 })}/>` : '',
    `<path d="${pathOf(way)}"/><path class="tip" d="${tipOf(way)}"/></g>`,
  ].join('');
};

const drawRow = ({ id, label_at: at, text: words, actions, description }: ChartEdge): string => {
  const { x, y } = at as Box;
  const told = [description, actions.length === 0 ? null : actions.join(', ')].filter(
    (each) => each !== null,
  );
  const title = told.length === 0 ? '' : `<title>${escapeXml(told.join(': '))}</title>`;
  const line = text({ x, y: y + BASELINE }, words ?? '', 'row');
  return `<g${attributes({ 'data-edge': id })}>${title}${line}</g>`;
};

const text = (at: Point, words: string, look: string): string =>
  `<text${attributes({ ...at, class: look === '' ? null : look })}>${escapeXml(words)}</text>`;

const rect = ({ x, y, width, height }: Box, rx: number): string =>
  `<rect${attributes({ x, y, width, height, rx })}/>`;

const inset = ({ x, y, width, height }: Box, by: number): Box => ({
  x: x + by,
  y: y + by,
  width: width - 2 * by,
  height: height - 2 * by,
});

const pathOf = (points: readonly Point[]): string =>
  points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x} ${y}`).join('');

/** A small triangle at the end, in the direction of the last stretch. */
const tipOf = (points: readonly Point[]): string => {
  const [from, to] = points.slice(-2) as [Point, Point];
  const long = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [ux, uy] = [((to.x - from.x) / long) * ARROW, ((to.y - from.y) / long) * ARROW];
  const round = (length: number) => Math.round(length * 10) / 10;
  const corner = (side: number) =>
    `L${round(to.x - ux + side * uy * 0.5)} ${round(to.y - uy - side * ux * 0.5)}`;
  return `M${to.x} ${to.y}${corner(1)}${corner(-1)}Z`;
};
