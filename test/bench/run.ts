/** Measures the program against what it could cost: `npm run bench`. README.md says how to read it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureBeats } from './beats.ts';
import { createFleet } from './fleet.ts';
import { measurePlugins } from './plugins.ts';
import { answerOf, start, stop } from './process.ts';
import type { Compared, Costs } from './processes/scheduler.ts';
import { measureRestore } from './restore.ts';
import { measureSimulator } from './simulator.ts';
import { medianOf } from './statistics.ts';
import { printTable, ratio, tenths, whole } from './table.ts';

const WORKSPACES = 10_000;

const scratch = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'keepwell-bench-'));
const data = join(scratch, 'data');
const fleetFile = join(scratch, 'fleet.json');
mkdirSync(data);

const printBeats = async () => {
  const rows = await measureBeats({ scratch, data, fleetFile });
  printTable(
    `A beat, of ${whole(WORKSPACES)} workspaces that are online, over 64 connections`,
    ['', 'CPU µs', 'CPU to (a)', 'beats/s', 'to (b)', 'p50 ms', 'p99 ms', 'loop delay p99 ms', 'refused'],
    rows.map((row) => [
      row.name,
      tenths(row.cpuMicros),
      ratio(row.cpuToEmpty),
      whole(row.perSecond),
      ratio(row.throughputToSql),
      tenths(row.p50Ms),
      tenths(row.p99Ms),
      tenths(row.loopDelayP99Ms),
      whole(row.refused),
    ]),
  );
};

const printRestore = async () => {
  const { empty, fleet } = await measureRestore(scratch, data);
  const parts = ['codeMs', 'storeMs', 'rowsMs', 'actorsMs', 'listenMs', 'resumeMs'] as const;
  const row = (name: string, costs: typeof empty) => [
    name,
    ...parts.map((part) => whole(costs[part])),
    whole(costs.readyMs),
    whole(costs.quietMs),
  ];
  printTable(
    'From the start of the process to ready, ms',
    ['', 'code', 'store', 'rows', 'actors', 'listen', 'resume', '= ready', 'all reconciled'],
    [row('empty', empty), row(`${whole(WORKSPACES)} workspaces`, fleet)],
  );
  const each = (part: 'heapKb' | 'rssKb' | 'peakRssKb') => (fleet[part] - empty[part]) / WORKSPACES;
  printTable(
    'Memory once all is quiet, kB',
    ['', 'heap', 'RSS', 'RSS peak'],
    [
      ['empty', whole(empty.heapKb), whole(empty.rssKb), whole(empty.peakRssKb)],
      [`${whole(WORKSPACES)} workspaces`, whole(fleet.heapKb), whole(fleet.rssKb), whole(fleet.peakRssKb)],
      ['each', tenths(each('heapKb')), tenths(each('rssKb')), tenths(each('peakRssKb'))],
    ],
  );
};

const printScheduler = async () => {
  const child = start({ script: join(import.meta.dirname, 'processes', 'scheduler.ts'), scratch });
  const rounds = await answerOf<Compared[]>(child);
  await stop(child);
  const steps = ['arm', 'rearm', 'fire'] as const;
  const row = (name: string, way: keyof Compared) => [
    name,
    ...steps.map((step: keyof Costs) => whole(medianOf(rounds, (round) => round[way][step]))),
  ];
  printTable(
    'One of 100,000 leases, ns',
    ['', 'arm', 'arm again', 'ring'],
    [row('the scheduler', 'scheduler'), row('one setTimeout each', 'timers')],
  );
};

const printPlugins = async () => {
  const costs = await measurePlugins(scratch);
  printTable(
    `${whole(costs.workspaces)} workspaces × 5 plugins of 100 files and 1 MB each`,
    [
      '',
      'fetches',
      'all have them after ms',
      'delivered/s',
      'to cp -a',
      'disk kB per set',
      'of the cache',
      'bytes kB',
    ],
    [
      [
        'the cache and the sets',
        whole(costs.fetches),
        whole(costs.askedMs),
        whole(costs.perSecond),
        ratio(costs.perSecond / costs.copiedPerSecond),
        whole(costs.diskKb),
        whole(costs.cacheKb),
        whole(costs.bytesKb),
      ],
      ['cp -a', '', '', whole(costs.copiedPerSecond), ratio(1), '', '', ''],
    ],
  );
};

const printSimulator = async () => {
  printTable(
    'The simulator, with all faults, every step held against the invariants',
    ['', 'simulated hours', 'simulated hours per second', 'transitions/s'],
    (await measureSimulator()).map((row) => [
      `${whole(row.workspaces)} workspaces`,
      whole(row.hours),
      tenths(row.hoursPerSecond),
      whole(row.transitionsPerSecond),
    ]),
  );
};

const tellLoad = () => {
  const [lastMinute = 0] = loadavg();
  console.log(`\n${availableParallelism()} cores, load ${lastMinute.toFixed(1)}, Node ${process.version}`);
};

try {
  tellLoad();
  writeFileSync(fleetFile, JSON.stringify(await createFleet(data, WORKSPACES)));
  await printScheduler();
  await printSimulator();
  await printPlugins();
  await printRestore();
  await printBeats();
  tellLoad();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
