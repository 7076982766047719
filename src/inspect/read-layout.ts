import type { ElkEdgeSection, ElkNode } from 'elkjs';
import type { MachineDescription } from '../../machines/describe/describe-machine.ts';
import type { EdgeDescription } from '../../machines/describe/describe-transitions.ts';
import type { Arrangement } from './arrange-edges.ts';
import { boxOf } from './build-graph.ts';
import { type Box, type ChartEdge, LINE_HEIGHT, type MachineChart, PADDING, type Point } from './chart.ts';
import { arrowText, lineText } from './label-text.ts';
import type { Measure } from './measure-node.ts';
import { textWidth } from './text-width.ts';

type Place = Pick<ChartEdge, 'points' | 'label_at' | 'text' | 'inside'>;

/** Puts the places that ELK found beside what the definition says. */
export const readLayout = (
  { name, description, nodes, edges }: MachineDescription,
  { lines, arrows }: Arrangement,
  measureOf: (id: string) => Measure,
  laidOut: ElkNode,
): MachineChart => {
  const boxes = new Map([...everyBox(laidOut)].map((each) => [each.id, boxIn(each)]));
  const boxAt = (id: string): Box => boxes.get(id === '' ? laidOut.id : boxOf(id)) as Box;
  const places = new Map<string, Place>();
  for (const [source, texts] of lines) {
    const { x, y } = boxAt(source);
    let top = y + measureOf(source).linesFrom;
    for (const edge of texts) {
      const text = lineText(edge);
      const label_at = { x: x + PADDING, y: top, width: textWidth(text), height: LINE_HEIGHT };
      places.set(edge.id, { points: null, label_at, text: [text], inside: true });
      top += LINE_HEIGHT;
    }
  }
  for (const arrow of arrows) {
    const { sections = [], labels = [] } = laidOut.edges?.find(({ id }) => id === arrow.id) ?? {};
    const label = labels[0];
    let top = label?.y ?? 0;
    for (const edge of arrow.edges) {
      const text = arrowText(edge);
      const label_at = label === undefined || text.length === 0 ? null : rowAt(boxIn(label), top, text);
      places.set(edge.id, { points: pointsOf(sections), label_at, text, inside: false });
      top += label_at?.height ?? 0;
    }
  }
  const { width } = measureOf('');
  const whole = boxIn(laidOut);
  return {
    name,
    description,
    width: Math.max(whole.width, width),
    height: whole.height,
    nodes: nodes.map((node) => ({ ...node, ...boxAt(node.id) })),
    edges: edges.map((edge: EdgeDescription) => ({ ...edge, ...(places.get(edge.id) as Place) })),
  };
};

function* everyBox(node: ElkNode): Generator<ElkNode> {
  yield node;
  for (const child of node.children ?? []) yield* everyBox(child);
}

const boxIn = ({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box>): Box => ({
  x: tidy(x),
  y: tidy(y),
  width: tidy(width),
  height: tidy(height),
});

const rowAt = ({ x, width }: Box, y: number, text: readonly string[]): Box => ({
  x,
  y: tidy(y),
  width,
  height: text.length * LINE_HEIGHT,
});

const pointsOf = (sections: readonly ElkEdgeSection[]): Point[] =>
  sections
    .flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
    .map(({ x, y }) => ({ x: tidy(x), y: tidy(y) }));

/** Nobody sees a tenth of a tenth. */
const tidy = (length: number): number => Math.round(length * 10) / 10;
