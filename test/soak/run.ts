/**
 * Lets a fleet live under the real program and looks whether that holds on to anything:
 * `npm run soak -- --agents 2000 --minutes 30`.
 *
 * Most agents live elsewhere and are played from here; one in twenty is a process that is started, beats, and crashes
 * within two minutes. Agents fail, get wedged, fall silent; operators change plugins and specs, restart, pause, resume and
 * retry; a plugin gets new versions. Caps of journal and logs are small, so that they are reached early.
 *
 * Prints memory, descriptors and sizes every minute, and how they rise over the second half. Ends with 1 when an answer
 * was a 5xx, when the supervisor ended, or when the fleet is not well again two minutes after everybody is left alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printTable, tenths, whole } from '../bench/table.ts';
import { offerPlugin, startProgram, stopAgents } from '../system/program.ts';
import { createAgents, type Played } from './agents.ts';
import { createOperators } from './operators.ts';
import { type Sample, slopeOf, takeSample } from './sample.ts';

const INTERVAL_MS = 5_000;
const ONE_PROCESS_IN = 20;
const TOGETHER = 50;

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '2000' },
    minutes: { type: 'string', default: '30' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const size = Number(values.agents);
const minutes = Number(values.minutes);

const data = mkdtempSync(join(values.folder, 'keepwell-soak-'));
for (const name of ['tool', 'brief'])
  await offerPlugin(data, name, { 'plugin.yaml': `name: ${name}\nversion: 1.0.0\n`, 'SKILL.md': 'one\n' });
const program = await startProgram({
  data,
  env: {
    KEEPWELL_BEAT_INTERVAL: `${INTERVAL_MS}ms`,
    KEEPWELL_OFFLINE_AFTER: '20s',
    KEEPWELL_RESTART_BACKOFF: '1s',
    KEEPWELL_RESTART_BACKOFF_MAX: '10s',
    KEEPWELL_RESYNC_EVERY: '15s',
    KEEPWELL_RESYNC_JITTER: '5s',
    KEEPWELL_JOURNAL_CAP: '100',
    KEEPWELL_AUDIT_CAP: '1000',
    KEEPWELL_BEAT_HISTORY_CAP: '5',
    KEEPWELL_PLUGIN_KEEP: '2',
    KEEPWELL_LOG_LEVEL: 'error',
  },
});
const { api, child } = program;
const pid = child.pid ?? 0;
const agents = createAgents(api, data, INTERVAL_MS);

const create = async (number: number): Promise<Played> => {
  const name = `agent-${number}`;
  const plugins = ['local://tool'];
  if (number % ONE_PROCESS_IN !== 0) {
    const { id, auth_token: token } = await api.post('/workspaces', { name, external: true, plugins });
    return { id, name, token: () => token, plugins: true };
  }
  const seconds = 30 + (number % 90);
  const command = ['/bin/sh', '-c', `sleep ${seconds}; echo "it went wrong"; exit 1`];
  const { id } = await api.post('/workspaces', { name, command, plugins });
  return { id, name, token: agents.fileToken(id), plugins: false };
};

const played: Played[] = [];
while (played.length < size) {
  const numbers = Array.from(
    { length: Math.min(TOGETHER, size - played.length) },
    (_, n) => played.length + n,
  );
  played.push(...(await Promise.all(numbers.map(create))));
}
console.log(`${whole(size)} workspaces in ${data}, supervisor ${pid}`);

const operators = createOperators(api, data, played);
const living = agents.play(played);
const samples: Sample[] = [];
const begun = Date.now();
const COLUMNS = ['rss', 'fds', 'wal', 'database', 'disk', 'agents'] as const;
console.log(['minute', ...COLUMNS, 'beats', 'acts'].map((name) => name.padStart(9)).join(''));
for (let minute = 1; minute <= minutes; minute += 1) {
  while (Date.now() < begun + minute * 60_000) {
    await operators.act();
    await sleep(1_000);
  }
  const sample = takeSample(pid, data, minute);
  samples.push(sample);
  const row = [minute, ...COLUMNS.map((name) => sample[name]), agents.tally.beats, operators.acts()];
  console.log(row.map((value) => whole(value).padStart(9)).join(''));
}

await operators.mend();
agents.calm();
await sleep(120_000);
const unwell = await operators.unwell();
agents.end();
await living;

const half = samples.slice(Math.floor(samples.length / 2));
printTable(
  'Over the second half',
  ['', 'first', 'last', 'highest', 'rise per hour'],
  COLUMNS.map((name) => {
    const column = half.map((sample) => sample[name]);
    return [
      name === 'fds' || name === 'agents' ? name : `${name}, kB`,
      whole(column[0] ?? 0),
      whole(column.at(-1) ?? 0),
      whole(Math.max(...column)),
      tenths(slopeOf(column) * 60),
    ];
  }),
);
const { tally } = agents;
console.log(
  `\n${whole(tally.beats)} beats, ${whole(tally.reports)} install reports, ${whole(operators.acts())} acts of operators, ` +
    `${whole(tally.unanswered + operators.unanswered())} unanswered.`,
);
const statuses = [...tally.statuses].toSorted(([a], [b]) => a - b);
console.log(
  `Answers to agents: ${statuses.map(([status, count]) => `${status} × ${whole(count)}`).join(', ')}.`,
);
console.log(`Transitions: ${await operators.transitions()}.`);
const wrong = [...tally.wrong, ...operators.wrong, ...unwell];
if (child.exitCode !== null) wrong.push(`the supervisor ended with ${child.exitCode}`);
for (const words of wrong.slice(0, 20)) console.log(`Wrong: ${words}`);
console.log(wrong.length === 0 ? 'Nothing was wrong.' : `${wrong.length} things were wrong.`);

await program.stop();
stopAgents(data);
rmSync(data, { recursive: true, force: true, maxRetries: 5 });
process.exit(wrong.length === 0 ? 0 : 1);
