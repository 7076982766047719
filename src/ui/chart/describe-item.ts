import type { ChartEdge, ChartNode } from '../wire.ts';

/** A state or a transition that somebody points at. */
export type Item = { kind: 'state'; node: ChartNode } | { kind: 'edge'; edge: ChartEdge };

/** What is to be said of a state or a transition, a line each. */
export const describeItem = (item: Item): string[] =>
  item.kind === 'state' ? describeState(item.node) : describeEdge(item.edge);

const describeState = ({ id, description, invokes, entry, exit }: ChartNode): string[] =>
  [
    id,
    description ?? '',
    invokes.length > 0 ? `Runs ${invokes.map(({ id: name }) => name).join(', ')} while it is active.` : '',
    entry.length > 0 ? `On entry: ${entry.join(', ')}` : '',
    exit.length > 0 ? `On exit: ${exit.join(', ')}` : '',
  ].filter((line) => line !== '');

const describeEdge = ({ source, target, label, description, actions }: ChartEdge): string[] =>
  [
    `${source === '' ? 'anywhere' : source}: ${label || 'at once'}${target === null ? '' : ` → ${target}`}`,
    description === null ? '' : `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
    actions.length > 0 ? `Does: ${actions.join(', ')}` : '',
  ].filter((line) => line !== '');
