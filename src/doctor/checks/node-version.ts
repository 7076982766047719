import { type Check, fine, problem } from '../check.ts';

const OLDEST = 24;

export const nodeVersion: Check = {
  id: 'node',
  async look({ nodeVersion }) {
    const major = Number(nodeVersion.split('.')[0]);
    if (major >= OLDEST) return [fine(`Node ${nodeVersion} can run it.`)];
    return [
      problem(
        `Node ${nodeVersion} is too old: Keepwell needs ${OLDEST} or newer.`,
        `Install Node ${OLDEST}, and start Keepwell with that one.`,
      ),
    ];
  },
};
