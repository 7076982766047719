import { EMPTY_SPEC, type WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { loadConfig } from '../../src/config.ts';
import { assemble } from '../../src/main.ts';
import { openLog } from '../../src/startup/log.ts';
import { systemClock } from '../../src/supervisor/clock.ts';
import type { RunningSupervisor } from '../../src/supervisor/supervisor.ts';
import { HEALTHY_BEAT } from '../supervisor/healthy-beat.ts';
import { eventually } from '../system/program.ts';

export type Fleet = { workspaces: { id: string; token: string }[] };

/** Created at a time, so that they share commits. */
const TOGETHER = 500;

/** Fills a data folder with external workspaces that are online and converged, and leaves it as a clean stop does. */
export const createFleet = async (data: string, size: number): Promise<Fleet> => {
  const config = loadConfig({ flags: { data, port: '0', log_level: 'silent' }, env: {} });
  const keepwell = assemble(config, { clock: systemClock, log: openLog(config.logLevel) });
  await keepwell.start();
  const { supervisor } = keepwell;
  const workspaces: Fleet['workspaces'] = [];
  while (workspaces.length < size) {
    const numbers = Array.from(
      { length: Math.min(TOGETHER, size - workspaces.length) },
      (_, n) => workspaces.length + n,
    );
    workspaces.push(...(await Promise.all(numbers.map((number) => join(supervisor, number)))));
  }
  await eventually('the fleet having converged', async () => isConverged(supervisor, size));
  await keepwell.close();
  return { workspaces };
};

/** Creates one workspace and beats for it once. */
const join = async (supervisor: RunningSupervisor, number: number): Promise<Fleet['workspaces'][number]> => {
  const { view, authToken } = await supervisor.create(specOf(number), null);
  await supervisor.beat(view.id, null, HEALTHY_BEAT);
  return { id: view.id, token: authToken as string };
};

const isConverged = (supervisor: RunningSupervisor, size: number): boolean => {
  const all = supervisor.list({ after: null, limit: size, status: 'online' });
  return all.length === size && all.every(({ state }) => state === 'wanted.online.converged');
};

const specOf = (number: number): WorkspaceSpec => ({
  ...EMPTY_SPEC,
  name: `agent-${number}`,
  role: 'seo',
  tier: 2,
  runtime: 'external',
});
