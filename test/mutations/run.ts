/** Plants one defect after the other in a copy and shows that it is noticed: `npm run mutants`. README.md says more. */
import { parseArgs } from 'node:util';
import { catchDefects } from './catch-defects.ts';
import { findPlanted } from './planted/find-planted.ts';

const { values: flags, positionals: ids } = parseArgs({
  allowPositionals: true,
  options: {
    // Those that the simulator has to find.
    planted: { type: 'boolean', default: false },
    // Looks for another test where the named one notices nothing.
    search: { type: 'boolean', default: false },
    // Shows what each test, or the simulator, said.
    messages: { type: 'boolean', default: false },
    // Does not show first that the tests pass where nothing is broken.
    hasty: { type: 'boolean', default: false },
    // One at a time, where others need the machine too; otherwise as many as two cores take.
    one: { type: 'boolean', default: false },
  },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  const options = { ...flags, ids, atATime: flags.one ? 1 : 2 };
  const { tried, missed } = await (flags.planted ? findPlanted(options) : catchDefects(options));
  console.log(`\n${tried - missed.length} of ${tried} defects are noticed.`);
  if (missed.length > 0) console.log(`Not noticed: ${missed.join(', ')}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
