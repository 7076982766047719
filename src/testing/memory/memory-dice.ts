import type { EpochMs } from '../../../machines/time.ts';
import type { Dice } from '../../supervisor/ports.ts';
import type { Random } from './seeded-random.ts';

const PREFIXES = { agent: 'kww_', viewer: 'kwv_', relay: 'kwr_' };
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/** Ids and tokens of the real form, the same for the same seed. Nothing that they guard may matter. */
export const createMemoryDice = (random: Random, now: () => EpochMs): Dice => ({
  roll: random,
  workspaceId: () => inLetters(now(), 10) + someLetters(random, 16),
  token: (of = 'agent') => PREFIXES[of] + someLetters(random, 52),
});

const inLetters = (number: number, length: number): string => {
  let rest = Math.trunc(number);
  let text = '';
  while (text.length < length) {
    text = LETTERS.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
};

const someLetters = (random: Random, length: number): string =>
  Array.from({ length }, () => LETTERS.charAt(Math.floor(random() * 32))).join('');
