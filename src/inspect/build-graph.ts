import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs';
import type { MachineDescription, NodeDescription } from '../../machines/describe/describe-machine.ts';
import type { Arrangement, Arrow } from './arrange-edges.ts';
import { LINE_HEIGHT, PADDING } from './chart.ts';
import { arrowText } from './label-text.ts';
import type { Measure } from './measure-node.ts';
import { textWidth } from './text-width.ts';

const LAYOUT: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.randomSeed': '1',
  'elk.layered.thoroughness': '30',
  'elk.layered.considerModelOrder.strategy': 'NONE',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.edgeLabels.sideSelection': 'ALWAYS_UP',
};
const SPACING: LayoutOptions = {
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '10',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '24',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
};
const GAP = 16;
export const DOT = 10;

/** What ELK is given to lay out: states as boxes, arrows with their text as one label, and a dot where each begins. */
export const buildGraph = (
  { nodes }: MachineDescription,
  { arrows }: Arrangement,
  measureOf: (id: string) => Measure,
): ElkNode => {
  const childrenOf = Map.groupBy(nodes, ({ parent }) => parent ?? '');
  const starts = new Map(arrows.filter(({ isStart }) => isStart).map((arrow) => [arrow.source, arrow]));
  const within = (id: string): ElkNode[] => [
    ...(starts.has(id) ? [{ id: dotOf(id), width: DOT, height: DOT }] : []),
    ...(childrenOf.get(id) ?? []).map(box),
  ];
  const box = ({ id }: NodeDescription): ElkNode => {
    const { width, height } = measureOf(id);
    const children = within(id);
    if (children.length === 0) return { id: boxOf(id), width, height };
    return { id: boxOf(id), children, layoutOptions: { ...SPACING, ...around(measureOf(id)) } };
  };
  return {
    id: 'root',
    layoutOptions: { ...LAYOUT, ...SPACING, ...around(measureOf('')) },
    children: within(''),
    edges: arrows.map(line),
  };
};

const around = ({ width, height }: Measure): LayoutOptions => ({
  'elk.padding': `[top=${height + GAP},left=${GAP},bottom=${GAP},right=${GAP}]`,
  'elk.nodeSize.constraints': 'MINIMUM_SIZE',
  'elk.nodeSize.minimum': `(${width},${height})`,
});

const line = ({ id, source, target, isStart, edges }: Arrow): ElkExtendedEdge => {
  const texts = edges.flatMap(arrowText);
  const from = isStart ? dotOf(source) : boxOf(source);
  const edge = { id, sources: [from], targets: [boxOf(target)] };
  if (texts.length === 0) return edge;
  const width = Math.max(...texts.map((text) => textWidth(text))) + PADDING;
  const inline = { 'elk.edgeLabels.inline': 'true' };
  return {
    ...edge,
    labels: [{ text: id, width, height: texts.length * LINE_HEIGHT, layoutOptions: inline }],
  };
};

/** No state can be called like something of ELK's own. */
export const boxOf = (nodeId: string): string => `box ${nodeId}`;
const dotOf = (nodeId: string): string => `dot ${nodeId}`;
