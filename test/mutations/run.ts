/** Plants one defect after the other in a copy and shows that a test notices: `npm run mutants`. README.md says more. */
import { parseArgs } from 'node:util';
import { DEFECTS } from './all-defects.ts';
import { runTests } from './run-tests.ts';
import { searchCatchers } from './search-catchers.ts';
import { tryDefect, type Verdict } from './try-defect.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

/** Two vitests are what two cores take. */
const AT_A_TIME = 2;

const { values: flags, positionals: ids } = parseArgs({
  allowPositionals: true,
  options: {
    // Looks for another test where the named one notices nothing.
    search: { type: 'boolean', default: false },
    // Shows what each test said.
    messages: { type: 'boolean', default: false },
    // Does not show first that the tests pass where nothing is broken.
    hasty: { type: 'boolean', default: false },
    one: { type: 'boolean', default: false },
  },
});

const chosen = DEFECTS.filter(({ id }) => ids.length === 0 || ids.includes(id));
const unknown = ids.filter((id) => !DEFECTS.some((defect) => defect.id === id));
if (unknown.length > 0) {
  console.error(
    `There is no defect ${unknown.join(', ')}. There are: ${DEFECTS.map(({ id }) => id).join(', ')}`,
  );
  process.exit(2);
}

/** A test that fails anyway catches nothing. */
const checkWhole = async ({ folder }: Workbench): Promise<void> => {
  const files = [...new Set(chosen.map(({ caughtBy }) => caughtBy.file))];
  const titles = [...new Set(chosen.map(({ caughtBy }) => caughtBy.title))];
  const { tests, unloadable } = await runTests(folder, { files, titles });
  const failed = tests
    .filter(({ status }) => status === 'failed')
    .map(({ file, title }) => `${file}: ${title}`);
  const problems = [...failed, ...unloadable.map(({ file, message }) => `${file}: ${message}`)];
  if (problems.length === 0) return;
  console.error(`These fail where nothing is broken:\n${problems.join('\n')}`);
  process.exit(2);
};

const widest = Math.max(...chosen.map(({ id }) => id.length));

const print = ({ defect, caught, seconds, message }: Verdict): void => {
  const by = caught ? `${defect.caughtBy.file}: ${defect.caughtBy.title}` : 'SURVIVES';
  console.log(`${defect.id.padEnd(widest)}  ${seconds.toFixed(1).padStart(5)} s  ${defect.title}`);
  console.log(`${''.padEnd(widest)}           ${caught ? '→' : '✗'} ${by}`);
  if (flags.messages || !caught) console.log(message.replaceAll(/^/gm, ' '.repeat(widest + 13)));
};

const verdicts: Verdict[] = [];
const left = [...chosen];

const work = async (bench: Workbench): Promise<void> => {
  for (let defect = left.shift(); defect !== undefined; defect = left.shift()) {
    const verdict = await tryDefect(bench, defect);
    verdicts.push(verdict);
    print(verdict);
    if (verdict.caught || !flags.search) continue;
    for await (const { file, title } of searchCatchers(bench, defect))
      console.log(`    noticed by ${file}: ${title}`);
  }
};

const benches = Array.from({ length: flags.one ? 1 : Math.min(AT_A_TIME, chosen.length) }, openWorkbench);
try {
  const [first] = benches;
  if (first !== undefined && !flags.hasty) await checkWhole(first);
  await Promise.all(benches.map(work));
} finally {
  for (const bench of benches) bench.remove();
}

const survivors = verdicts.filter(({ caught }) => !caught);
console.log(`\n${verdicts.length - survivors.length} of ${verdicts.length} defects are caught.`);
if (survivors.length > 0) console.log(`Not caught: ${survivors.map(({ defect }) => defect.id).join(', ')}`);
process.exitCode = survivors.length > 0 ? 1 : 0;
