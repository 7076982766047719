import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../durations.ts';
import type { BacktestWire, VerdictWire } from '../../http/schemas/backtest.ts';
import { adviceOf, worthOf } from '../backtest-words.ts';
import { count, humanDuration } from '../humanise.ts';
import { printable } from '../output.ts';
import { action } from '../session.ts';

type Options = { offlineAfter?: string; since: string };
type Judged = Pick<BacktestWire, 'now' | 'proposed' | 'suggested'>;

/** So many days are kept by default, and more are seldom asked for. */
const LONGEST_SINCE_MS = 366 * 86_400_000;
/** So many workspaces are listed; `--json` has more. */
const LISTED = 20;

export const backtestCommand = (program: Command): Command =>
  program
    .command('backtest')
    .summary('say what another offline_after would have made of the beats that were heard')
    .argument('[workspace...]', 'names or ids (default: all)')
    .addOption(
      new Option(
        '--offline-after <duration>',
        'the value to try (default: judge the one in force)',
      ).argParser((text) => readLength(text)),
    )
    .addOption(
      new Option('--since <duration>', 'how far to look back')
        .default('30d')
        .argParser((text) => readLength(text, LONGEST_SINCE_MS)),
    )
    .action(
      action(async ({ client, out }, { args, options }) => {
        const { offlineAfter, since } = options as Options;
        const told = await client.get<BacktestWire>('/backtest', {
          offline_after: offlineAfter,
          since,
          workspace: args,
        });
        out.document(told);
        out.table(COLUMNS, rowsOf(told));
        const others = told.items.filter(differs);
        if (others.length > 0 && told.seen.workspaces > 1) {
          out.line();
          out.table(
            [{ title: 'WORKSPACE', flexible: true }, ...COLUMNS],
            others
              .slice(0, LISTED)
              .flatMap((item) =>
                rowsOf(item).map((row, index) => [index === 0 ? printable(item.name) : '', ...row]),
              ),
          );
          const more = others.length - LISTED;
          if (more > 0) out.line(`and ${count(more, 'more workspace')} that would differ; --json has them`);
        }
        out.line();
        out.line(adviceOf(told));
        out.line(out.style('dim', worthOf(told)));
      }),
    );

const COLUMNS = [
  { title: '' },
  { title: 'OFFLINE AFTER', align: 'right' },
  { title: 'OFFLINES', align: 'right' },
  { title: 'FALSE', align: 'right' },
  { title: 'REAL', align: 'right' },
  { title: 'NOTICED AFTER', align: 'right' },
  { title: 'AT WORST', align: 'right' },
] as const;

const rowsOf = ({ now, proposed, suggested }: Judged): string[][] => [
  rowOf('now', now),
  ...(proposed === null ? [] : [rowOf('proposed', proposed)]),
  rowOf('suggested', suggested),
];

const rowOf = (title: string, verdict: VerdictWire): string[] => {
  const {
    offline_after: value,
    offlines,
    false_offlines: mistaken,
    real_offlines: real,
    noticed_after,
  } = verdict;
  const seconds = (length: number | undefined) => (length === undefined ? '–' : humanSeconds(length));
  return [
    title,
    value ?? 'various',
    String(offlines),
    String(mistaken),
    String(real),
    seconds(noticed_after?.median_seconds),
    seconds(noticed_after?.worst_seconds),
  ];
};

/** Whether another value would have made a difference for it. */
const differs = ({ now, proposed, suggested }: Judged): boolean =>
  [proposed, suggested].some((verdict) => verdict !== null && verdict.false_offlines !== now.false_offlines);

const humanSeconds = (seconds: number): string =>
  seconds === 0 ? 'at once' : seconds < 10 ? `${seconds}s` : humanDuration(seconds * 1_000);

/** Checked here, sent as it was written. */
const readLength = (text: string, longestMs?: number): string => {
  try {
    if (parseDuration(text, longestMs) > 0) return text;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('Write it like 60s, 12h or 30d.');
};
