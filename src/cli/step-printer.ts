import type { Output } from './output.ts';
import { stateStyle } from './state-words.ts';
import type { Moment } from './wire.ts';
import { wrapHanging } from './wrap-hanging.ts';

const ELAPSED_WIDTH = 7;
const STATE_WIDTH = 14;

/** Prints what happens to one workspace, a line per step: seconds since the first, the state, what happened. */
export const createStepPrinter = (out: Output) => {
  let first: number | null = null;
  // What we remark ourselves is placed after the last step by our own watch: clocks of two machines may differ.
  let last = { elapsedMs: 0, seenAt: performance.now() };

  const print = (elapsedMs: number, word: string, text: string) => {
    const seconds = `${(elapsedMs / 1000).toFixed(1)}s`.padStart(ELAPSED_WIDTH);
    const lead = ELAPSED_WIDTH + 2 + STATE_WIDTH;
    const [head = '', ...more] = wrapHanging(text, lead, out.width);
    out.line(`${out.style('dim', seconds)}  ${out.style(stateStyle(word), word.padEnd(STATE_WIDTH))}${head}`);
    for (const line of more) out.line(' '.repeat(lead) + line);
  };

  return {
    step(at: Moment, word: string, text: string): void {
      const moment = Date.parse(at);
      first ??= moment;
      last = { elapsedMs: moment - first, seenAt: performance.now() };
      print(last.elapsedMs, word, text);
    },
    remark(text: string): void {
      print(last.elapsedMs + performance.now() - last.seenAt, '', text);
    },
  };
};
