import { type Output, printable, type Style } from './output.ts';
import type { WireChange, WirePlanEntry } from './wire-plan.ts';

const STYLES: Record<WirePlanEntry['action'], Style> = {
  keep: 'dim',
  add: 'green',
  update: 'yellow',
  remove: 'red',
  hold: 'magenta',
};

/** One plugin of a plan in words: `add plugin seo from local://seo: not installed`. */
export const entryWords = (
  { name, action, why, declaration, resolved }: WirePlanEntry,
  out: Output,
): string => {
  const from = action === 'add' && declaration !== null ? ` from ${declaration.source}` : '';
  const found = resolved?.revision ?? resolved?.tree_hash ?? null;
  const to = action === 'update' && found !== null ? ` to ${found.slice(0, 12)}` : '';
  return `${out.style(STYLES[action], action)} plugin ${name}${printable(`${from}${to}: ${why}`)}`;
};

/** Whether the agent is restarted, and why, as a sentence; for what changes only. */
export const restartWords = ({
  restarts,
  restart_why: why,
}: Pick<WireChange, 'restarts' | 'restart_why'>): string => {
  const because = why === null ? '' : `: ${printable(why)}`;
  if (restarts === 'yes') return `restarts the agent${because}`;
  return `${restarts === 'possibly' ? 'may restart the agent' : 'restarts nothing'}${because}`;
};

const LONGEST_VALUE = 60;

/** A value of a spec as people would write it. */
export const valueWords = (value: unknown): string => {
  const text = asText(value);
  return printable(text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text);
};

const asText = (value: unknown): string => {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(asText).join(' ');
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (typeof value !== 'object') return JSON.stringify(value);
  const { name: _, source, ...more } = value as { name?: string; source?: string; [field: string]: unknown };
  const rest = Object.entries(more).map(([field, each]) => `${field}: ${asText(each)}`);
  if (source === undefined) return rest.join(', ');
  return rest.length === 0 ? source : `${source} (${rest.join(', ')})`;
};
