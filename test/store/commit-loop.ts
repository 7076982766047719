/** A supervisor's writing and nothing else: commits until it is killed, and prints what was acknowledged. */
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openStore } from '../../src/store/open-store.ts';
import { aRow, aSnapshot, aWorkspace } from './records.ts';

const [file = ''] = process.argv.slice(2);
const store = openStore({ file, now: () => Date.now() });
if (store.load().length === 0) await store.create(aWorkspace('w1'));
let n = store.lastSeq();

for (;;) {
  const group = Array.from({ length: 1 + (n % 5) }, () => {
    n += 1;
    const own = n;
    const change = {
      workspaceId: 'w1',
      snapshot: aSnapshot(own),
      journal: [aRow('x.happened', { cause: own })],
    };
    return store.commit(change).then(() => writeSync(1, `${own}\n`));
  });
  await Promise.all(group);
  await nextTurn();
}
