import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a running supervisor holds of its machine; sizes in kB. */
export type Sample = {
  minute: number;
  rss: number;
  fds: number;
  wal: number;
  database: number;
  /** Everything in the data folder. */
  disk: number;
  /** Agents that are started here and run. */
  agents: number;
};

/** Reads /proc and the data folder; works on Linux only. */
export const takeSample = (pid: number, data: string, minute: number): Sample => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    minute,
    rss: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN),
    fds: readdirSync(`/proc/${pid}/fd`).length,
    wal: sizeOf(join(data, 'keepwell.db-wal')),
    database: sizeOf(join(data, 'keepwell.db')),
    disk: treeSize(data),
    agents: readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isBelow(name, data)).length,
  };
};

const sizeOf = (file: string): number => {
  try {
    return Math.round(statSync(file).size / 1_024);
  } catch {
    return 0;
  }
};

/** As `du` counts it; what goes while it looks is none of its business. */
const treeSize = (folder: string): number =>
  Number.parseInt(spawnSync('du', ['-sk', folder], { encoding: 'utf8' }).stdout, 10);

const isBelow = (pid: string, folder: string): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
};

/** How much a line through the values rises per step, by least squares. */
export const slopeOf = (values: readonly number[]): number => {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const [index, value] of values.entries()) {
    above += (index - middle) * (value - mean);
    below += (index - middle) ** 2;
  }
  return below === 0 ? 0 : above / below;
};
