import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, start } from './process.ts';
import type { Restored } from './processes/restore.ts';
import { medianOf } from './statistics.ts';

/** Milliseconds of each part, in the order in which they come; kilobytes are 1,000 bytes. */
export type RestoreCosts = {
  codeMs: number;
  storeMs: number;
  rowsMs: number;
  actorsMs: number;
  listenMs: number;
  resumeMs: number;
  readyMs: number;
  quietMs: number;
  heapKb: number;
  rssKb: number;
  peakRssKb: number;
};

export type RestoreRows = { empty: RestoreCosts; fleet: RestoreCosts };

const ROUNDS = 3;

/** Starts the program in turn on an empty data folder and on a copy of one with a fleet. */
export const measureRestore = async (scratch: string, data: string): Promise<RestoreRows> => {
  const rounds: RestoreRows[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({ empty: await restore(scratch, null), fleet: await restore(scratch, data) });
  }
  return {
    empty: medians(rounds.map(({ empty }) => empty)),
    fleet: medians(rounds.map(({ fleet }) => fleet)),
  };
};

const medians = (all: RestoreCosts[]): RestoreCosts => {
  const names = Object.keys(all[0] ?? {}) as (keyof RestoreCosts)[];
  return Object.fromEntries(names.map((name) => [name, medianOf(all, (one) => one[name])])) as RestoreCosts;
};

const restore = async (scratch: string, template: string | null): Promise<RestoreCosts> => {
  const data = join(scratch, 'restored');
  if (template === null) mkdirSync(data);
  else cpSync(template, data, { recursive: true });
  const begunAt = performance.timeOrigin + performance.now();
  const script = join(import.meta.dirname, 'processes', 'restore.ts');
  const started = start({ script, scratch, args: [data], execArgv: ['--expose-gc'] });
  try {
    const restored = await answerOf<Restored>(started);
    const { ok } = await fetch(`${restored.url}/readyz`);
    if (!ok) throw new Error('the restored supervisor is not ready');
    return costsOf(restored, begunAt);
  } finally {
    const exited = once(started.child, 'exit');
    started.child.send('close');
    await exited;
    rmSync(data, { recursive: true });
  }
};

const costsOf = (restored: Restored, begunAt: number): RestoreCosts => ({
  codeMs: restored.codeLoadedAt - begunAt,
  storeMs: restored.storeOpenedAt - restored.codeLoadedAt,
  rowsMs: restored.rowsLoadedAt - restored.storeOpenedAt,
  actorsMs: restored.actorsBuiltAt - restored.rowsLoadedAt,
  listenMs: restored.listeningAt - restored.actorsBuiltAt,
  resumeMs: restored.readyAt - restored.listeningAt,
  readyMs: restored.readyAt - begunAt,
  quietMs: restored.quietAt - begunAt,
  heapKb: restored.heapBytes / 1e3,
  rssKb: restored.rssBytes / 1e3,
  peakRssKb: restored.peakRssBytes / 1e3,
});
