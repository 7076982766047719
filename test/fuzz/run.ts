/**
 * Fuzzes the program by its own OpenAPI document: `npm run fuzz -- [--minutes 10] [--seed n]`.
 *
 * Starts it on an empty data folder with a real SQLite file, sends requests made of its schemas, good ones and broken ones,
 * and ends with exit code 1 at the first answer that is a 5xx or not in the document. Prints what the process weighs every
 * minute, and in the end how often each operation answered with each status. The same runs for seconds in `npm test`.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDataFolder, startProgram, stopAgents } from '../system/program.ts';
import { fuzz, type Tally } from './fuzz.ts';
import { createWorld, FUZZED } from './world.ts';

const MINUTE = 60_000;
const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 10);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);

const data = createDataFolder();
const program = await startProgram({ data: data.path, env: FUZZED });
const tally: Tally = new Map();
const began = Date.now();

const requests = () =>
  [...tally.values()].flatMap((each) => [...each.values()]).reduce((sum, n) => sum + n, 0);
const sizeOf = (name: string) => (statSync(join(data.path, name)).size / 1e6).toFixed(1);
const weigh = () => {
  const proc = `/proc/${program.child.pid}`;
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`${proc}/status`, 'utf8'))?.[1];
  const minute = ((Date.now() - began) / MINUTE).toFixed(1);
  console.log(
    `${minute.padStart(5)} min  ${requests()} requests  RSS ${Math.round(Number(rss) / 1_024)} MB  ` +
      `${readdirSync(`${proc}/fd`).length} fds  WAL ${sizeOf('keepwell.db-wal')} MB  database ${sizeOf('keepwell.db')} MB`,
  );
};

console.log(`seed ${seed}, ${minutes} minutes`);
weigh();
const timer = setInterval(weigh, MINUTE);
try {
  await fuzz({
    url: program.api.url,
    world: await createWorld(program.api),
    seed,
    forMs: minutes * MINUTE,
    tally,
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearInterval(timer);
  weigh();
  for (const [place, statuses] of [...tally].sort(([a], [b]) => a.localeCompare(b))) {
    const told = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}×${count}`);
    console.log(`${place}  ${told.join(' ')}`);
  }
  await program.stop();
  stopAgents(data.path);
  data.remove();
}
