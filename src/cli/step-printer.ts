import type { Output } from './output.ts';
import { stateStyle } from './state-words.ts';
import type { Moment } from './wire.ts';
import { wrapHanging } from './wrap-hanging.ts';

const ELAPSED_WIDTH = 7;
const STATE_WIDTH = 14;

const LEAD = ELAPSED_WIDTH + 2 + STATE_WIDTH + 2;

export type StepPrinter = ReturnType<typeof createStepPrinter>;

/** Prints what happens to one workspace, a line per step: seconds since the first, the state, what happened. */
export const createStepPrinter = (out: Output) => {
  let first: number | null = null;
  const print = (time: string, word: string, text: string) => {
    const [head = '', ...more] = wrapHanging(text, LEAD, out.width);
    const state = out.style(stateStyle(word), word.padEnd(STATE_WIDTH));
    out.line(`${out.style('dim', time.padStart(ELAPSED_WIDTH))}  ${state}  ${head}`);
    for (const line of more) out.line(' '.repeat(LEAD) + line);
  };
  return {
    step(at: Moment, word: string, text: string): void {
      const moment = Date.parse(at);
      first ??= moment;
      print(`${((moment - first) / 1000).toFixed(1)}s`, word, text);
    },
    /** Something that we saw ourselves, and the workspace knows nothing of. Has no time: clocks may differ. */
    remark(text: string): void {
      print('…', '', text);
    },
  };
};
