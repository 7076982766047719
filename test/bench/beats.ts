import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_TOKEN, createApi, eventually, REPO } from '../system/program.ts';
import { answerOf, ask, freePort, type Started, start, stop } from './process.ts';
import type { LoadOrder, LoadResult } from './processes/load.ts';
import type { Usage } from './processes/probe.ts';
import { medianOf } from './statistics.ts';

export type BeatCosts = {
  cpuMicros: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  loopDelayP99Ms: number;
  refused: number;
};

export type BeatRow = BeatCosts & { name: string; cpuToEmpty: number; throughputToSql: number };

const WAYS = ['empty', 'real', 'sql'] as const;
type Way = (typeof WAYS)[number];

type Server = Started & { port: number };
type Options = { scratch: string; data: string; fleetFile: string };

const ROUNDS = 5;
const ROUND_MS = 3_000;
const WARM_UP_MS = 3_000;

const PROBE = join(import.meta.dirname, 'processes', 'probe.ts');
const processes = (name: string) => join(import.meta.dirname, 'processes', name);

/**
 * Beats in turn against the real program and what it is held against. Ratios are taken between neighbours in time,
 * since the machine may be slower a minute later; what is returned is the median of the rounds.
 */
export const measureBeats = async (options: Options): Promise<BeatRow[]> => {
  const servers = await startServers(options);
  const load = start({ script: processes('load.ts'), scratch: options.scratch, args: [options.fleetFile] });
  await answerOf(load);
  const { empty, real, sql } = servers;
  const beat = (server: Server, forMs = ROUND_MS) => measure(server, load, forMs);
  try {
    for (const server of [empty, real, sql]) await beat(server, WARM_UP_MS);
    const rounds: Record<Way, BeatCosts>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push({ empty: await beat(empty), real: await beat(real), sql: await beat(sql) });
    }
    return WAYS.map((way) => ({
      name: NAMES[way],
      cpuMicros: medianOf(rounds, (round) => round[way].cpuMicros),
      perSecond: medianOf(rounds, (round) => round[way].perSecond),
      p50Ms: medianOf(rounds, (round) => round[way].p50Ms),
      p99Ms: medianOf(rounds, (round) => round[way].p99Ms),
      loopDelayP99Ms: medianOf(rounds, (round) => round[way].loopDelayP99Ms),
      refused: rounds.reduce((sum, round) => sum + round[way].refused, 0),
      cpuToEmpty: medianOf(rounds, (round) => round[way].cpuMicros / round.empty.cpuMicros),
      throughputToSql: medianOf(rounds, (round) => round[way].perSecond / round.sql.perSecond),
    }));
  } finally {
    for (const started of [load, empty, real, sql]) await stop(started);
  }
};

const NAMES: Record<Way, string> = {
  empty: '(a) empty route',
  real: 'the real program',
  sql: '(b) SELECT + UPDATE per beat',
};

const startServers = async ({ scratch, data, fleetFile }: Options) => {
  const serve = async (script: string, args: (port: number) => string[], env = {}): Promise<Server> => {
    const port = await freePort();
    return { ...start({ script, scratch, args: args(port), execArgv: ['--import', PROBE], env }), port };
  };
  const real = await serve(
    join(REPO, 'src', 'cli', 'keepwell.ts'),
    (port) => ['up', '--port', String(port), '--data', data],
    // That a large fleet looks at its plugins is no part of a beat, and comes in waves.
    { KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN, KEEPWELL_RESYNC_EVERY: '1h' },
  );
  const empty = await serve(processes('empty-route.ts'), (port) => [String(port)]);
  const sqlFile = join(scratch, 'beats.db');
  const sql = await serve(processes('sql-route.ts'), (port) => [String(port), sqlFile, fleetFile]);
  for (const server of [empty, real, sql]) await ready(server);
  await settled(real);
  return { empty, real, sql };
};

const ready = ({ name, port }: Server) =>
  eventually(`${name} being ready`, async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);

/** Restoring enters every state anew and so reconciles every workspace; that is over when the journal stands still. */
const settled = async ({ port }: Server): Promise<void> => {
  const api = createApi(`http://127.0.0.1:${port}`);
  for (let before = -1; ; await sleep(1_000)) {
    const { last_seq: seq } = await api.get('/health');
    if (seq === before) return;
    before = seq;
  }
};

const measure = async (server: Server, load: Started, forMs: number): Promise<BeatCosts> => {
  const before = await ask<Usage>(server, 'usage');
  const order: LoadOrder = { port: server.port, forMs };
  const { beats, refused, elapsedMs, p50Ms, p99Ms } = await ask<LoadResult>(load, order);
  const after = await ask<Usage>(server, 'usage');
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / beats,
    perSecond: (beats * 1_000) / elapsedMs,
    p50Ms,
    p99Ms,
    loopDelayP99Ms: after.loopDelayP99Ms,
    refused,
  };
};
