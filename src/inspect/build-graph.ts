import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs';
import type { MachineDescription, NodeDescription } from '../../machines/describe/describe-machine.ts';
import type { Arrangement, Arrow } from './arrange-edges.ts';
import { arrowsThatLeadOn } from './flow.ts';
import type { Measure } from './measure-node.ts';

const LAYOUT: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.randomSeed': '1',
  'elk.layered.thoroughness': '50',
  'elk.layered.cycleBreaking.strategy': 'GREEDY',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
};
const SPACING: LayoutOptions = {
  'elk.spacing.nodeNode': '20',
  'elk.spacing.edgeNode': '10',
  'elk.spacing.edgeEdge': '8',
  'elk.layered.spacing.nodeNodeBetweenLayers': '22',
  'elk.layered.spacing.edgeNodeBetweenLayers': '11',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '8',
};
const GAP = 14;
const DOT = 10;
/** How much it matters that an arrow leads down. */
const START = '50';
const ONWARDS = '10';

/** What ELK is given to lay out: states as boxes, arrows between them, and a dot where each compound state begins. */
export const buildGraph = (
  { nodes }: MachineDescription,
  { arrows }: Arrangement,
  measureOf: (id: string) => Measure,
): ElkNode => {
  const childrenOf = Map.groupBy(nodes, ({ parent }) => parent ?? '');
  const beginners = new Set(arrows.filter(({ isStart }) => isStart).map(({ source }) => source));
  const within = (id: string): ElkNode[] => [
    ...(beginners.has(id) ? [{ id: dotOf(id), width: DOT, height: DOT }] : []),
    ...(childrenOf.get(id) ?? []).map(box),
  ];
  const box = ({ id }: NodeDescription): ElkNode => {
    const { width, height } = measureOf(id);
    const children = within(id);
    if (children.length === 0) return { id: boxOf(id), width, height };
    return { id: boxOf(id), children, layoutOptions: { ...SPACING, ...roomFor(measureOf(id)) } };
  };
  const leadsOn = arrowsThatLeadOn(arrows);
  const line = (arrow: Arrow): ElkExtendedEdge => {
    const { id, source, target, isStart } = arrow;
    const priority = isStart ? START : leadsOn.has(arrow) ? ONWARDS : '0';
    return {
      id,
      sources: [isStart ? dotOf(source) : boxOf(source)],
      targets: [boxOf(target)],
      layoutOptions: { 'elk.layered.priority.direction': priority },
    };
  };
  return {
    id: boxOf(''),
    layoutOptions: { ...LAYOUT, ...SPACING, ...roomFor(measureOf('')) },
    children: within(''),
    edges: arrows.map(line),
  };
};

const roomFor = ({ width, height }: Measure): LayoutOptions => ({
  'elk.padding': `[top=${height + GAP},left=${GAP},bottom=${GAP},right=${GAP}]`,
  'elk.nodeSize.constraints': 'MINIMUM_SIZE',
  'elk.nodeSize.minimum': `(${width},${height})`,
});

/** No state can be called like something that is added to the graph. */
export const boxOf = (nodeId: string): string => `box ${nodeId}`;
const dotOf = (nodeId: string): string => `dot ${nodeId}`;
