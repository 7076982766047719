import type { EdgeDescription } from '../../machines/describe/describe-transitions.ts';

/** Longer labels are broken before their guard. */
const LETTERS = 34;

/** A transition's text as it is drawn at its arrow: in one line, or in two where that is too long. */
export const arrowText = ({ label, more_targets: others }: EdgeDescription): string[] => {
  const text = others.length === 0 ? label : `${label} (also ${others.map(lastOf).join(', ')})`;
  const guardAt = text.indexOf(' [');
  if (text.length <= LETTERS || guardAt < 0) return text === '' ? [] : [text];
  return [text.slice(0, guardAt), text.slice(guardAt + 1)];
};

/** A transition's text as it is drawn in the box of its source: it says where it leads. */
export const lineText = (edge: EdgeDescription): string => {
  const { source, target, label, reenter } = edge;
  const what = label === '' ? edge.kind : label;
  if (target === null) return what;
  if (target === source) return `${what} ${reenter ? '↺' : '→ itself'}`;
  return `${what} ${reenter && `${source}.`.startsWith(`${target}.`) ? '↺' : '→'} ${lastOf(target)}`;
};

const lastOf = (nodeId: string): string => nodeId.slice(nodeId.lastIndexOf('.') + 1);
