import type { Style } from './output.ts';

/** A leaf state in one word or two, as the lines of `--wait`, `history` and `events` show it. */
export const stateWord = (state: string): string => {
  const leaf = state.split('.').at(-1) ?? state;
  if (leaf === 'reconciling') return 'online';
  return leaf.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
};

/** Every status that a list can be asked for. */
export const STATUSES: readonly string[] = [
  'provisioning',
  'awaiting_agent',
  'online',
  'degraded',
  'offline',
  'failed',
  'paused',
  'hibernating',
  'hibernated',
];

/** A public status with what a person would ask next: `online (blocked)`, `online (checking plugins)`. */
export const statusWord = ({ status, state }: { status: string; state: string }): string => {
  const word = status.replaceAll('_', ' ');
  if (state === 'wanted.online.blocked') return `${word} (blocked)`;
  if (state === 'wanted.online.reconciling') return `${word} (checking)`;
  if (state === 'wanted.restarting') return 'restarting';
  return word;
};

const STYLES: Record<string, Style> = {
  online: 'green',
  converged: ['green', 'bold'],
  provisioning: 'cyan',
  starting: 'cyan',
  restarting: 'cyan',
  'awaiting agent': 'yellow',
  degraded: 'yellow',
  blocked: 'yellow',
  offline: 'red',
  failed: ['red', 'bold'],
};

/** The colour of a state or status; the same everywhere. */
export const stateStyle = (word: string): Style =>
  word.endsWith('(blocked)') ? 'yellow' : (STYLES[word.replace(/ \(.*/, '')] ?? 'dim');
