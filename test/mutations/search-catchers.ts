import type { Defect } from './defect.ts';
import { runTests, type Tested } from './run-tests.ts';
import type { Workbench } from './workbench.ts';

/** Where tests of a part are, the quick ones first. */
const PLACES: readonly [part: RegExp, tests: string[]][] = [
  [/^machines\//, ['test/machines', 'test/supervisor', 'test/system']],
  [/^src\/(supervisor|reconcile)\//, ['test/reconcile', 'test/supervisor', 'test/system']],
  [/^src\/store\//, ['test/store', 'test/supervisor', 'test/system']],
  [/^src\/http\//, ['test/http', 'test/system']],
  [/^src\/plugins\//, ['test/plugins', 'test/cli/agent', 'test/system']],
  [/^src\/runtimes\//, ['test/runtimes', 'test/system']],
  [/^src\/cli\//, ['test/cli']],
];

/** Looks for tests that notice a defect, folder by folder until one does. */
export const searchCatchers = async function* (bench: Workbench, defect: Defect): AsyncGenerator<Tested> {
  const folders = PLACES.filter(([part]) => defect.edits.some(({ file }) => part.test(file))).flatMap(
    ([, tests]) => tests,
  );
  for (const folder of new Set(folders)) {
    const { tests } = await bench.withDefect(defect, () =>
      runTests(bench.folder, { files: [folder], bail: 5 }),
    );
    const failed = tests.filter(({ failure }) => failure !== null);
    yield* failed;
    if (failed.length > 0) return;
  }
};
