import type { CaughtDefect } from './defect.ts';
import { patternOf, runTests } from './run-tests.ts';
import type { Workbench } from './workbench.ts';

/** `message` is what the test said, or why there was none. */
type Verdict = { caught: boolean; message: string; seconds: number };

/** What a program says that makes no sense at all; a defect has to make sense. */
const NONSENSE = /^(SyntaxError|ReferenceError)\b/m;

/** Plants a defect and runs the test that is to notice it, and no other. */
export const tryDefect = async (bench: Workbench, defect: CaughtDefect): Promise<Verdict> => {
  const begin = performance.now();
  const { caught, message } = await bench.withDefect(defect, () => judge(bench, defect));
  return { caught, message, seconds: (performance.now() - begin) / 1_000 };
};

const judge = async ({ folder }: Workbench, { caughtBy: { file, title } }: CaughtDefect) => {
  const { tests, unloadable } = await runTests(folder, { files: [file], titles: [title] });
  const [broken] = unloadable;
  if (broken !== undefined) return { caught: false, message: `It cannot be loaded: ${broken.message}` };
  const isNamed = new RegExp(`^${patternOf(title)}$`);
  const named = tests.filter(
    (test) => test.file === file && test.status !== 'pending' && isNamed.test(test.title),
  );
  if (named.length === 0) return { caught: false, message: 'There is no such test.' };
  const failure = named.find((test) => test.failure !== null)?.failure ?? null;
  if (failure === null) return { caught: false, message: 'The test passes.' };
  return { caught: !NONSENSE.test(failure), message: failure.split('\n').slice(0, 4).join('\n') };
};
