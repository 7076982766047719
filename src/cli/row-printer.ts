import { describeRow } from './describe-row.ts';
import { humanTime } from './humanise.ts';
import type { Output } from './output.ts';
import { stateStyle, stateWord } from './state-words.ts';
import type { WireRow } from './wire.ts';
import { wrapHanging } from './wrap-hanging.ts';

const STATE_WIDTH = 14;
const NAME_WIDTH = 18;

/** Prints journal rows as lines: time, workspace where there may be several, state, what happened. */
export const createRowPrinter = (out: Output, nameOf: ((row: WireRow) => Promise<string>) | null) => {
  return async (row: WireRow): Promise<void> => {
    out.document(row, { streaming: true });
    if (out.json) return;
    const word = stateWord(row.to);
    const time = humanTime(row.at, Date.now());
    const name = nameOf === null ? '' : `${(await nameOf(row)).padEnd(NAME_WIDTH)}  `;
    const [head = '', ...more] = wrapHanging(
      describeRow(row).text,
      time.length + 2 + name.length + STATE_WIDTH + 2,
      out.width,
    );
    const state = out.style(stateStyle(word), word.padEnd(STATE_WIDTH));
    out.line(`${out.style('dim', time)}  ${name}${state}  ${head}`);
    for (const line of more) out.line(' '.repeat(time.length + 2 + name.length + STATE_WIDTH + 2) + line);
  };
};
