import type { MachineDescription, NodeDescription } from '../../../machines/describe/describe-machine.ts';
import { arrangeEdges } from '../arrange-edges.ts';
import { invokeText } from '../measure-node.ts';
import { rowText } from '../row-text.ts';

/**
 * The machine for Graphviz: compound states are clusters, transitions are lines in the label of their source, and
 * one arrow stands for all that begin and end alike.
 *
 * Graphviz draws arrows between nodes alone: in each cluster an invisible point stands for it.
 */
export const dotOf = ({ name, nodes, edges }: MachineDescription): string => {
  const { rows, arrows } = arrangeEdges(edges);
  const childrenOf = Map.groupBy(nodes, ({ parent }) => parent ?? '');
  const isCluster = (id: string) => childrenOf.has(id);
  const starts = new Set(arrows.filter(({ isStart }) => isStart).map(({ source }) => source));
  const rowsOf = (id: string) => (rows.get(id) ?? []).map(rowText);

  const inside = (id: string, indent: string): string[] => [
    ...(starts.has(id) ? [`${indent}${quote(`start ${id}`)} [shape=point, width=0.1]`] : []),
    ...(childrenOf.get(id) ?? []).flatMap((node) => state(node, indent)),
  ];
  const state = (node: NodeDescription, indent: string): string[] => {
    const { id, key, invokes } = node;
    const label = leftAligned([key, ...invokes.map(invokeText), ...rowsOf(id)]);
    if (!isCluster(id)) return [`${indent}${quote(id)} [label=${label}${SHAPES[node.kind]}]`];
    return [
      `${indent}subgraph ${quote(`cluster ${id}`)} {`,
      `${indent}  label=${label}`,
      `${indent}  ${quote(id)} [shape=point, style=invis]`,
      ...inside(id, `${indent}  `),
      `${indent}}`,
    ];
  };
  const lines = arrows.map(({ source, target, isStart }) => {
    const from = isStart ? `start ${source}` : source;
    const ends = [
      ...(!isStart && isCluster(source) ? [`ltail=${quote(`cluster ${source}`)}`] : []),
      ...(isCluster(target) ? [`lhead=${quote(`cluster ${target}`)}`] : []),
    ];
    return `  ${quote(from)} -> ${quote(target)}${ends.length === 0 ? '' : ` [${ends.join(', ')}]`}`;
  });
  return `${[
    `digraph ${quote(name)} {`,
    '  compound=true',
    `  label=${leftAligned([name, ...rowsOf('')])}`,
    '  labelloc=t',
    '  labeljust=l',
    '  graph [fontname=Arial, fontsize=10, color=gray50, style=rounded]',
    '  node [fontname=Arial, fontsize=10, shape=box, style=rounded]',
    ...inside('', '  '),
    ...lines,
    '}',
  ].join('\n')}\n`;
};

const SHAPES: Record<NodeDescription['kind'], string> = {
  atomic: '',
  compound: '',
  parallel: '',
  final: ', peripheries=2',
  history: ', style="rounded,dashed"',
};

const quote = (text: string): string => `"${escape(text)}"`;
const leftAligned = (lines: readonly string[]): string =>
  `"${lines.map((line) => `${escape(line)}\\l`).join('')}"`;
const escape = (text: string): string => text.replaceAll(/["\\]/g, '\\$&');
