import type { BacktestWire, VerdictWire } from '../http/schemas/backtest.ts';
import { count, humanDuration } from './humanise.ts';

/** Less than this says little about nights and weekends. */
const SHORT_MS = 24 * 3_600_000;

/** One sentence, or two, on what to do. */
export const adviceOf = ({ now, proposed, suggested, seen }: BacktestWire): string => {
  const value = suggested.offline_after;
  const longest =
    seen.longest_gap_ms === 0 ? '' : ` (the longest silence was ${precise(seen.longest_gap_ms)})`;
  const tried = proposed === null ? '' : proposedWords(proposed, now);
  const advice =
    now.offline_after === value
      ? `Keep offline_after at ${value}${longest}.`
      : now.false_offlines > 0
        ? `Set offline_after to ${value}: nobody who was alive would have been taken for offline${longest}.`
        : `offline_after could be ${value} without a false alarm in that time${longest}.`;
  return `${tried}${advice}${cutShort(now)}`;
};

const proposedWords = (
  { offline_after: value, false_offlines: mistaken }: VerdictWire,
  now: VerdictWire,
): string => {
  if (mistaken === 0) return `${value} would have done no harm. `;
  const against = `${now.false_offlines === 0 ? 'none' : now.false_offlines} now`;
  return `${value} would have been wrong ${times(mistaken)}, against ${against}. `;
};

const cutShort = ({ silent_offlines: silent }: VerdictWire): string =>
  silent === 0
    ? ''
    : ` ${count(silent, 'silence')} ended with a restart or not at all: whether the agent would have come back is not known.`;

/** What the figures stand on. */
export const worthOf = ({ seen, since, until, least_seconds }: BacktestWire): string => {
  const { first_at, workspaces, beats, minutes, journal_since, left_out } = seen;
  const spanMs = first_at === null ? 0 : Date.parse(until) - Date.parse(first_at);
  const sentences = [
    `Seen: ${humanDuration(spanMs)}, ${count(workspaces, 'workspace')}, ${large(beats)} beats in ${large(minutes)} minutes; ` +
      'gaps while Keepwell itself was not running are left out.',
    ...(left_out > 0
      ? [`${count(left_out, 'more workspace')} were not looked at: name those that matter.`]
      : []),
    ...(journal_since === null
      ? []
      : [
          `Real ones are known of the last ${humanDuration(Date.parse(until) - Date.parse(journal_since))} only.`,
        ]),
    ...(spanMs < Math.min(SHORT_MS, Date.parse(until) - Date.parse(since))
      ? ['That is little to judge by.']
      : []),
    `No lease is shorter than two intervals, ${least_seconds} s now.`,
  ];
  return sentences.join(' ');
};

const times = (amount: number): string =>
  amount === 1 ? 'once' : amount === 2 ? 'twice' : `${large(amount)} times`;

const precise = (ms: number): string => (ms < 10_000 ? `${(ms / 1_000).toFixed(1)}s` : humanDuration(ms));

/** `812`, `8.1 k`, `1.2 M`. */
const large = (amount: number): string => {
  if (amount < 1_000) return String(amount);
  const [value, unit] = amount < 1_000_000 ? [amount / 1_000, 'k'] : [amount / 1_000_000, 'M'];
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
};
