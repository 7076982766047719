import type { Command } from 'commander';
import { workspacePath } from '../client.ts';
import { humanDuration, humanMoment } from '../humanise.ts';
import { printable } from '../output.ts';
import { action } from '../session.ts';
import { stateStyle, stateWord, statusWord } from '../state-words.ts';
import type { Moment, WireReason } from '../wire.ts';
import { printFields } from './get.ts';

type WireWhy = {
  text: string;
  status: string;
  state: string;
  since: Moment;
  rule: string;
  reason: WireReason | null;
  evidence: { seq: number; at: Moment; event: string; from: string | null; to: string } | null;
  next: { when: Moment | null; event: string; to: string }[];
  operator: { verb: string; command: string }[];
};

export const whyCommand = (program: Command): Command =>
  program
    .command('why')
    .summary('say why a workspace is where it is, and what comes next')
    .argument('<workspace>', 'name or id')
    .action(
      action(async ({ client, out }, { args: [key = ''] }) => {
        const why = await client.get<WireWhy>(workspacePath(key, 'why'));
        out.document(why);
        const now = Date.now();
        const word = statusWord(why);
        const { evidence, reason } = why;
        printFields(
          [
            [
              'state',
              `${out.style(stateStyle(word), word)} for ${humanDuration(now - Date.parse(why.since))}`,
            ],
            ['rule', printable(why.rule)],
            ['reason', reason && printable(reason.message)],
            ['what to do', reason?.hint ? printable(reason.hint) : null],
            [
              'evidence',
              evidence && `${evidence.event}, ${humanMoment(evidence.at, now)} (event ${evidence.seq})`,
            ],
            ...why.next.map(({ when, event, to }, index): [string, string] => [
              index === 0 ? 'next' : '',
              `${event}${when ? ` ${humanMoment(when, now)}` : ''}: ${stateWord(to)}`,
            ]),
            ...why.operator.map(({ command }, index): [string, string] => [
              index === 0 ? 'you can' : '',
              command,
            ]),
          ],
          out,
        );
      }),
    );
