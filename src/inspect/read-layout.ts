import type { ElkEdgeSection, ElkNode } from 'elkjs';
import type { MachineDescription } from '../../machines/describe/describe-machine.ts';
import type { Arrangement } from './arrange-edges.ts';
import { boxOf } from './build-graph.ts';
import { type Box, LINE_HEIGHT, type MachineChart, PADDING, type Point } from './chart.ts';
import type { Measure } from './measure-node.ts';
import { rowText } from './row-text.ts';
import { textWidth } from './text-width.ts';

/** Puts the places that ELK found beside what the definition says. */
export const readLayout = (
  { name, description, nodes, edges }: MachineDescription,
  { rows, arrows }: Arrangement,
  measureOf: (id: string) => Measure,
  laidOut: ElkNode,
): MachineChart => {
  const boxes = new Map([...everyBox(laidOut)].map((each) => [each.id, boxIn(each)]));
  const boxAt = (id: string): Box => boxes.get(boxOf(id)) as Box;
  const labels = new Map<string, { text: string; label_at: Box }>();
  for (const [source, group] of rows) {
    const { x, y } = boxAt(source);
    for (const [index, edge] of group.entries()) {
      const text = rowText(edge);
      const top = y + measureOf(source).rowsFrom + index * LINE_HEIGHT;
      const label_at = { x: x + PADDING, y: tidy(top), width: textWidth(text), height: LINE_HEIGHT };
      labels.set(edge.id, { text, label_at });
    }
  }
  const ways = new Map(laidOut.edges?.map(({ id, sections = [] }) => [id, pointsOf(sections)]));
  const pointsAt = new Map(
    arrows.flatMap((arrow) => arrow.edges.map(({ id }) => [id, ways.get(arrow.id) ?? null])),
  );
  const { width, height } = boxAt('');
  return {
    name,
    description,
    width: Math.max(width, measureOf('').width),
    height: Math.max(height, measureOf('').height),
    nodes: nodes.map((node) => ({ ...node, ...boxAt(node.id) })),
    edges: edges.map((edge) => {
      const { text, label_at } = labels.get(edge.id) ?? { text: null, label_at: null };
      const points = pointsAt.get(edge.id) ?? null;
      return { ...edge, points, text, label_at, inside: points === null };
    }),
  };
};

function* everyBox(node: ElkNode): Generator<ElkNode> {
  yield node;
  for (const child of node.children ?? []) yield* everyBox(child);
}

const boxIn = ({ x = 0, y = 0, width = 0, height = 0 }: ElkNode): Box => ({
  x: tidy(x),
  y: tidy(y),
  width: tidy(width),
  height: tidy(height),
});

const pointsOf = (sections: readonly ElkEdgeSection[]): Point[] =>
  sections
    .flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
    .map(({ x, y }) => ({ x: tidy(x), y: tidy(y) }));

/** Nobody sees a tenth of a tenth. */
const tidy = (length: number): number => Math.round(length * 10) / 10;
