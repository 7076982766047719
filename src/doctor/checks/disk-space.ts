import { existsSync, statfsSync } from 'node:fs';
import { type Check, fine, problem, warning } from '../check.ts';

const MIB = 1024 * 1024;
const LEAST = 64 * MIB;
const LITTLE = 512 * MIB;
const FEW_FILES = 1_000;

export const diskSpace: Check = {
  id: 'data.disk',
  async look({ folders: { root } }) {
    if (!existsSync(root)) return [];
    const { bavail, bsize, files, ffree } = statfsSync(root);
    const free = bavail * bsize;
    const told = `${Math.floor(free / MIB)} MiB are free where the data folder is`;
    const hint =
      'Free disk space; `journal_cap`, `beat_history_cap` and `plugin_cache_keep` say what Keepwell keeps.';
    if (free < LEAST) return [problem(`Only ${told}: writes will fail.`, hint)];
    // A file system without a fixed number of files says 0.
    if (files > 0 && ffree < FEW_FILES)
      return [
        problem(`Only ${ffree} more files fit where the data folder is.`, 'Remove files nobody needs.'),
      ];
    return [free < LITTLE ? warning(`Only ${told}.`, hint) : fine(`${told}.`)];
  },
};
