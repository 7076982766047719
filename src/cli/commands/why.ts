import type { Command } from 'commander';
import { workspacePath } from '../client.ts';
import { humanDuration, humanMoment } from '../humanise.ts';
import { printable } from '../output.ts';
import { action } from '../session.ts';
import { stateStyle, stateWord, statusWord } from '../state-words.ts';
import type { Moment, WireReason } from '../wire.ts';
import { wrapHanging } from '../wrap-hanging.ts';
import { printFields } from './get.ts';

type WireWhy = {
  text: string;
  status: string;
  state: string;
  since: Moment;
  rule: string;
  reason: WireReason | null;
  evidence: { seq: number; at: Moment; event: string; from: string | null; to: string } | null;
  next: { when: Moment | null; event: string; to: string; text: string }[];
  operator: { verb: string; command: string; text: string }[];
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
        for (const line of wrapHanging(printable(why.text), 0, out.width)) out.line(line);
        out.line();
        const word = statusWord(why);
        const { evidence } = why;
        printFields(
          [
            [
              'state',
              `${out.style(stateStyle(word), word)} for ${humanDuration(now - Date.parse(why.since))}`,
            ],
            [
              'evidence',
              evidence && `${evidence.event}, ${humanMoment(evidence.at, now)} (event ${evidence.seq})`,
            ],
            ...why.next.map(({ when, event, to, text }, index): [string, string] => [
              index === 0 ? 'next' : '',
              `${printable(text)}${when ? `, ${humanMoment(when, now)}` : ''} (${event}: ${stateWord(to)})`,
            ]),
            ...why.operator.map(({ command, text }, index): [string, string] => [
              index === 0 ? 'you can' : '',
              `${command}  ${out.style('dim', text)}`,
            ]),
          ],
          out,
        );
      }),
    );
