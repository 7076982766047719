import type { MachineDescription, NodeDescription } from '../../../machines/describe/describe-machine.ts';
import { arrangeEdges } from '../arrange-edges.ts';
import { rowText } from '../row-text.ts';

/**
 * The machine as a Mermaid `stateDiagram-v2`.
 *
 * The whole machine is one composite state, as it may have transitions of its own. What has no arrow is a note at its
 * state; a history state is one of stereotype `H` in its name.
 */
export const mermaidOf = (description: MachineDescription): string => {
  const { name, nodes, edges } = description;
  const { rows, arrows } = arrangeEdges(edges);
  const numbers = new Map(nodes.map(({ id }, index) => [id, `s${index + 1}`]));
  const nameOf = (id: string) => numbers.get(id) ?? 's0';
  const childrenOf = Map.groupBy(nodes, ({ parent }) => parent ?? '');
  const starts = new Map(
    arrows.filter(({ isStart }) => isStart).map(({ source, target }) => [source, target]),
  );

  const state = (id: string, title: string, kind: NodeDescription['kind'], depth: number): string[] => {
    const indent = '  '.repeat(depth);
    const head = `${indent}state "${safe(title)}" as ${nameOf(id)}`;
    const children = childrenOf.get(id) ?? [];
    if (children.length === 0) return [head];
    const start = starts.get(id);
    const within = children.flatMap((child, index) => [
      ...(kind === 'parallel' && index > 0 ? [`${indent}  --`] : []),
      ...state(
        child.id,
        child.kind === 'history' ? `${child.key} (H${child.deep ? '*' : ''})` : child.key,
        child.kind,
        depth + 1,
      ),
      ...(child.kind === 'final' ? [`${indent}  ${nameOf(child.id)} --> [*]`] : []),
    ]);
    const first = start === undefined ? [] : [`${indent}  [*] --> ${nameOf(start)}`];
    return [`${head} {`, ...first, ...within, `${indent}}`];
  };
  const notes = [...rows].flatMap(([id, group]) => {
    const texts = group.filter(hasNoArrow(new Set(arrows.flatMap((arrow) => arrow.edges)))).map(rowText);
    return texts.length === 0
      ? []
      : [`  note right of ${nameOf(id)}`, ...texts.map((text) => `    ${safe(text)}`), '  end note'];
  });
  const lines = arrows
    .filter(({ isStart }) => !isStart)
    .flatMap(({ source, target, edges: group }) =>
      group.map(
        ({ label, kind }) =>
          `  ${nameOf(source)} --> ${nameOf(target)} : ${safe(label === '' ? kind : label)}`,
      ),
    );
  const kind = starts.has('') ? 'compound' : 'parallel';
  return `${['stateDiagram-v2', ...state('', name, kind, 1), ...lines, ...notes].join('\n')}\n`;
};

const hasNoArrow =
  <Edge>(drawn: Set<Edge>) =>
  (edge: Edge): boolean =>
    !drawn.has(edge);

/** Some signs end a text there. */
const safe = (text: string): string => text.replaceAll(/[#;:"<>{}]/g, (sign) => `#${sign.charCodeAt(0)};`);
