import { type Output, printable, type Style } from './output.ts';
import { entryWords, restartWords, valueWords } from './plan-words.ts';
import type { WireChange } from './wire-plan.ts';

const STYLES: Record<WireChange['action'], Style> = {
  create: 'green',
  update: 'yellow',
  unchanged: 'dim',
  conflict: 'red',
  remove: 'red',
};

/** Prints what becomes of each workspace: the fields and plugins that change, whether it restarts, and why. */
export const printChanges = (changes: readonly WireChange[], out: Output): void => {
  const width = Math.max(0, ...changes.map(({ name }) => name.length));
  for (const change of changes) {
    const { name, action, note, problem } = change;
    const notes = [problem, note].filter((text) => text !== null).join('; ');
    const text = notes === '' ? '' : `  ${printable(notes)}`;
    out.line(`${name.padEnd(width)}  ${out.style(STYLES[action], action)}${text}`);
    for (const line of linesOf(change, out)) out.line(`  ${line}`);
  }
};

const linesOf = (change: WireChange, out: Output): string[] => {
  const { action, changes, plugins, restarts, restart_why: why } = change;
  const told = new Set(plugins.map(({ name }) => `plugins.${name}`));
  const fields = changes
    .filter(({ path }) => !told.has(path))
    .map(({ path, from, to }) => `${path}: ${valueWords(from)} → ${valueWords(to)}`);
  const mayRestart = action === 'update' || (action === 'unchanged' && restarts !== 'no');
  return [
    ...fields,
    ...plugins.map((entry) => entryWords(entry, out)),
    ...(mayRestart ? [restartWords(change)] : []),
    ...(action === 'remove' && why !== null ? [printable(why)] : []),
  ];
};
