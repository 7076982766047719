import type { EdgeDescription } from '../../machines/describe/describe-transitions.ts';

/** A transition as it stands in the box of its source: what makes it happen, and where it leads. */
export const rowText = ({ source, target, more_targets, label, kind, reenter }: EdgeDescription): string => {
  const what = label === '' ? kind : label;
  if (target === null) return what;
  const sign = reenter && `${source}.`.startsWith(`${target}.`) ? '↺' : '→';
  if (target === source && reenter) return `${what} ${sign}`;
  return `${what} ${sign} ${[target, ...more_targets].map(lastOf).join(', ')}`;
};

const lastOf = (nodeId: string): string => nodeId.slice(nodeId.lastIndexOf('.') + 1) || 'the beginning';
